package dev.earshot.profile;

import dev.earshot.deadline.Ticker;
import dev.earshot.deadline.TickerClock;
import dev.earshot.store.Profile;
import dev.earshot.store.StoreException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads profiles for requests that cannot wait for a store that fails or hangs. A read that is not
 * answered within a time fails; when half of the last reads failed, a circuit breaker lets all
 * further ones fail at once, until a few probes succeed again.
 *
 * <p>Thread-safe; no method blocks, and nothing is handed to another thread.
 */
public final class ProfileReads {
  private static final Logger log = LoggerFactory.getLogger(ProfileReads.class);

  private static final int WINDOW = 20;
  private static final int FEWEST_READS = 10;
  private static final float FAILURES_PERCENT = 50;
  private static final int PROBES = 3;

  private final Function<String, CompletionStage<Optional<Profile>>> store;
  private final ScheduledExecutorService timers;
  private final Ticker ticker;
  private final Duration timeout;
  private final CircuitBreaker breaker;

  /**
   * When to give up.
   *
   * @param timeout of one read; longer than a request waits, since a late profile still serves the
   *     next one
   * @param open how long the breaker stays open before it probes
   */
  public record Limits(Duration timeout, Duration open) {
    public static final Limits DEFAULT = new Limits(Duration.ofMillis(250), Duration.ofSeconds(1));
  }

  /**
   * @param store reads a user's profile
   * @param timers their tasks are short
   */
  public ProfileReads(
      Function<String, CompletionStage<Optional<Profile>>> store,
      ScheduledExecutorService timers,
      Ticker ticker,
      Limits limits) {
    this.store = store;
    this.timers = timers;
    this.ticker = ticker;
    this.timeout = limits.timeout;
    this.breaker =
        CircuitBreaker.of(
            "profiles",
            CircuitBreakerConfig.custom()
                .slidingWindow(WINDOW, FEWEST_READS, SlidingWindowType.COUNT_BASED)
                .failureRateThreshold(FAILURES_PERCENT)
                .waitDurationInOpenState(limits.open)
                .permittedNumberOfCallsInHalfOpenState(PROBES)
                .ignoreException(failure -> !isFaultOfTheStore(failure))
                .clock(new TickerClock(ticker))
                .currentTimestampFunction(clock -> ticker.nanoTime(), TimeUnit.NANOSECONDS)
                .build());
    breaker
        .getEventPublisher()
        .onStateTransition(event ->
            log.warn(
                "the profile store's circuit breaker: {} after {}",
                event.getStateTransition().getToState(),
                event.getStateTransition().getFromState()));
  }

  /** One that concerns a single value says nothing about the others. */
  private static boolean isFaultOfTheStore(Throwable failure) {
    return !(failure instanceof StoreException problem)
        || (problem.kind().isFault() && problem.kind() != StoreException.Kind.UNREADABLE);
  }

  /** A read that took too long. What it finds in the end is not lost. */
  public static final class Late extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient CompletionStage<Optional<Profile>> profile;

    Late(CompletionStage<Optional<Profile>> profile) {
      super("the profile was not read in time", null, false, false);
      this.profile = profile;
    }

    /** The profile, when it comes. */
    public CompletionStage<Optional<Profile>> profile() {
      return profile;
    }
  }

  /**
   * A user's profile; fails with {@link StoreException}, at once while the breaker is open, or with
   * {@link Late}.
   */
  public CompletableFuture<Optional<Profile>> read(String userId) {
    if (!breaker.tryAcquirePermission()) {
      return CompletableFuture.failedFuture(
          new StoreException("the profile store fails; its circuit breaker is open"));
    }
    long start = ticker.nanoTime();
    CompletableFuture<Optional<Profile>> stored = begin(userId);
    CompletableFuture<Optional<Profile>> read = new CompletableFuture<>();
    Future<?> timer =
        stored.isDone()
            ? null
            : timers.schedule(
                () -> failed(read, start, new Late(stored)),
                timeout.toNanos(),
                TimeUnit.NANOSECONDS);
    stored.whenComplete((profile, failure) -> {
      if (timer != null) {
        timer.cancel(false);
      }
      if (failure == null) {
        succeeded(read, start, profile);
      } else {
        failed(read, start, failure);
      }
    });
    return read;
  }

  private CompletableFuture<Optional<Profile>> begin(String userId) {
    try {
      return store.apply(userId).toCompletableFuture();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void succeeded(
      CompletableFuture<Optional<Profile>> read, long start, Optional<Profile> profile) {
    if (read.complete(profile)) {
      breaker.onSuccess(ticker.nanoTime() - start, TimeUnit.NANOSECONDS);
    }
  }

  private void failed(CompletableFuture<Optional<Profile>> read, long start, Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (read.completeExceptionally(cause)) {
      breaker.onError(ticker.nanoTime() - start, TimeUnit.NANOSECONDS, cause);
    }
  }

  /** Whether the breaker lets reads fail at once. */
  public boolean isOpen() {
    return breaker.getState() == CircuitBreaker.State.OPEN;
  }
}
