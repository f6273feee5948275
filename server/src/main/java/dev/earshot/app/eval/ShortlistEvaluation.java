package dev.earshot.app.eval;

import dev.earshot.app.eval.EvalReport.ModeReport;
import dev.earshot.app.eval.ShortlistData.Row;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.client.ProfileUpdate;
import dev.earshot.client.Profiles;
import dev.earshot.client.RankedSkill;
import dev.earshot.client.Shortlist;
import dev.earshot.client.ShortlistQuery;
import dev.earshot.client.ShortlistStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Asks a server about every row and compares its answers with the right ones. Users' profiles are
 * put under ids of the evaluation's own, and removed afterwards.
 */
public final class ShortlistEvaluation {
  private static final int SHORTLIST = 5;

  /** Profile writes on their way at once. */
  private static final int WRITES = 32;

  private final EarshotClient client;
  private final ShortlistData data;
  private final Options options;
  private final EvalProgress progress;

  /**
   * How to ask.
   *
   * @param modes which modes, in order
   * @param streams how many streams
   * @param inflight unanswered messages of each stream
   * @param timeout of each message; generous, since accuracy is measured and not speed
   * @param seed of the intervals
   * @param userPrefix before users' ids, so that the server's own users stay untouched; empty with
   *     data that puts no profiles
   */
  public record Options(
      List<Mode> modes,
      int streams,
      int inflight,
      Duration timeout,
      long seed,
      String userPrefix) {}

  public ShortlistEvaluation(
      EarshotClient client, ShortlistData data, Options options, EvalProgress progress) {
    this.client = client;
    this.data = data;
    this.options = options;
    this.progress = progress;
  }

  /**
   * Runs it all.
   *
   * @throws EarshotException if profiles cannot be written; a row that fails is counted instead
   */
  public EvalReport run() throws InterruptedException {
    boolean personal = options.modes().contains(Mode.PERSONAL);
    Map<String, Set<String>> users = personal ? data.enabledSkills() : Map.of();
    try {
      Profiles profiles = client.profiles();
      forEachUser(
          "profiles",
          users,
          user ->
              profiles.updateAsync(
                  ProfileUpdate.of(options.userPrefix() + user)
                      .enabledSkills(users.getOrDefault(user, Set.of()))
                      .allowMissing()));
      List<ModeReport> reports = new ArrayList<>();
      for (Mode mode : options.modes()) {
        reports.add(evaluate(mode));
      }
      return new EvalReport(
          client.describeBundle().getBundleVersion(), data.rows().size(), users.size(), reports);
    } finally {
      forEachUser(
          "clean-up", users, user -> client.profiles().deleteAsync(options.userPrefix() + user));
    }
  }

  private void forEachUser(
      String what, Map<String, Set<String>> users, Function<String, CompletableFuture<?>> write)
      throws InterruptedException {
    if (users.isEmpty()) {
      return;
    }
    progress.begin(what, users.size());
    Semaphore open = new Semaphore(WRITES);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    for (String user : users.keySet()) {
      open.acquire();
      if (failure.get() != null) {
        open.release();
        break;
      }
      var unused =
          write
              .apply(user)
              .whenComplete((done, error) -> {
                if (error != null) {
                  failure.compareAndSet(null, error);
                }
                progress.step();
                open.release();
              });
    }
    open.acquire(WRITES);
    progress.end();
    if (failure.get() instanceof RuntimeException e) {
      throw e;
    }
  }

  private ModeReport evaluate(Mode mode) throws InterruptedException {
    List<Row> rows = data.rows();
    List<ShortlistQuery> queries =
        rows.stream().map(row -> query(row.text(), mode, row.user())).toList();
    long begun = System.nanoTime();
    List<Outcome> outcomes =
        ask(
            mode.label(),
            queries,
            (index, shortlist) -> outcome(rows.get(index).skill(), shortlist));
    double seconds = (System.nanoTime() - begun) / 1e9;
    // Asked by the users of the first rows, so that both sides are asked alike.
    List<ShortlistQuery> outOfScope =
        IntStream.range(0, data.outOfScope().size())
            .mapToObj(i -> query(data.outOfScope().get(i), mode, rows.get(i % rows.size()).user()))
            .toList();
    List<Outcome> outOfScopeOutcomes =
        outOfScope.isEmpty()
            ? List.of()
            : ask(
                mode.label() + ", out of scope",
                outOfScope,
                (index, shortlist) -> outcome("", shortlist));
    return new ModeTally(data, outcomes, outOfScopeOutcomes).report(mode, seconds, options.seed());
  }

  private ShortlistQuery query(String text, Mode mode, String user) {
    ShortlistQuery query = ShortlistQuery.of(text).maxSkills(SHORTLIST);
    return mode == Mode.PERSONAL && !user.isEmpty()
        ? query.user(options.userPrefix() + user)
        : query;
  }

  /** Reads an answer as an outcome. */
  private interface Reader {
    Outcome read(int index, Shortlist shortlist);
  }

  private List<Outcome> ask(String what, List<ShortlistQuery> queries, Reader reader)
      throws InterruptedException {
    progress.begin(what, queries.size());
    Outcome[] outcomes = new Outcome[queries.size()];
    List<ShortlistStream> streams = new ArrayList<>();
    List<Semaphore> open = new ArrayList<>();
    for (int i = 0; i < options.streams(); i++) {
      streams.add(client.openShortlistStream());
      open.add(new Semaphore(options.inflight()));
    }
    for (int i = 0; i < queries.size(); i++) {
      int index = i;
      Semaphore slot = open.get(i % open.size());
      slot.acquire();
      var unused =
          streams
              .get(i % streams.size())
              .send(queries.get(i), options.timeout())
              .whenComplete((shortlist, failure) -> {
                try {
                  outcomes[index] =
                      failure == null
                          ? reader.read(index, shortlist)
                          : Outcome.failed(reason(failure));
                  progress.step();
                } finally {
                  slot.release();
                }
              });
    }
    for (Semaphore slot : open) {
      slot.acquire(options.inflight());
    }
    streams.forEach(ShortlistStream::close);
    progress.end();
    return Arrays.asList(outcomes);
  }

  private Outcome outcome(String right, Shortlist shortlist) {
    List<RankedSkill> skills = shortlist.skills();
    int rank = -1;
    for (int i = 0; i < skills.size() && rank < 0; i++) {
      rank = skills.get(i).skillId().equals(right) ? i : -1;
    }
    return new Outcome(
        rank,
        !skills.isEmpty() && data.sameCapability(skills.get(0).skillId(), right),
        skills.isEmpty() ? 0 : skills.get(0).probability(),
        shortlist.outOfScopeProbability(),
        shortlist.degradation().isDegraded(),
        null);
  }

  private static String reason(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    if (cause instanceof EarshotException e) {
      return e.reason().isEmpty() ? e.code().name() : e.code() + " / " + e.reason();
    }
    return cause.getClass().getSimpleName();
  }
}
