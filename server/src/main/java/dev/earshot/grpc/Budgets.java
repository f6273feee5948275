package dev.earshot.grpc;

import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Ticker;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Gives every call its budget when its headers arrive, the caller's deadline, else the SLO; and
 * keeps who calls. Thread-safe.
 */
final class Budgets implements ServerInterceptor {
  private static final Context.Key<Budget> BUDGET = Context.key("earshot-budget");

  private static final Context.Key<String> CALLER = Context.key("earshot-caller");

  private final Ticker ticker;
  private final Duration slo;
  private final boolean enforceSlo;

  /**
   * @param slo the budget of a request that states none
   * @param enforceSlo whether it also caps a longer one
   */
  Budgets(Ticker ticker, Duration slo, boolean enforceSlo) {
    this.ticker = ticker;
    this.slo = slo;
    this.enforceSlo = enforceSlo;
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Context context = Context.current();
    Deadline deadline = context.getDeadline();
    Duration stated =
        deadline == null
            ? Duration.ZERO
            : Duration.ofNanos(Math.max(1, deadline.timeRemaining(TimeUnit.NANOSECONDS)));
    return Contexts.interceptCall(
        context.withValues(BUDGET, onArrival(stated), CALLER, CallerNames.of(call, headers)),
        call,
        headers,
        next);
  }

  /** Who makes the call that is being handled. */
  String caller() {
    String caller = CALLER.get();
    return caller == null ? "" : caller;
  }

  /** The budget of the call that is being handled. */
  Budget current() {
    Budget budget = BUDGET.get();
    return budget == null ? onArrival(Duration.ZERO) : budget;
  }

  /**
   * A budget that began when what is read now has come in.
   *
   * @param stated by the caller; zero: the SLO
   */
  Budget onArrival(Duration stated) {
    boolean useSlo = stated.isZero() || (enforceSlo && stated.compareTo(slo) > 0);
    return Budget.startingAt(
        ticker, ticker.nanoTime() - Arrivals.nanosAgo(), useSlo ? slo : stated);
  }
}
