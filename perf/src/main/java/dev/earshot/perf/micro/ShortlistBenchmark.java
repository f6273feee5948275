package dev.earshot.perf.micro;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.batch.BatchListener;
import dev.earshot.catalog.ServedModel;
import dev.earshot.core.Foreground;
import dev.earshot.deadline.Budget;
import dev.earshot.deadline.Ticker;
import dev.earshot.deadline.TimerError;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Search;
import dev.earshot.profile.ProfileReads;
import dev.earshot.profile.Profiles;
import dev.earshot.shortlist.Shortlist;
import dev.earshot.shortlist.ShortlistQuery;
import dev.earshot.shortlist.ShortlistQuery.WeightedText;
import dev.earshot.shortlist.Shortlister;
import dev.earshot.shortlist.UserSummaries;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.Retention;
import dev.earshot.store.StoredProfiles;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The whole shortlist in process, as the gRPC service asks for it: text in, profile looked up,
 * through the queue to a worker, skills and probabilities out. One caller, one worker, one request
 * a call. {@link RuntimeFloorBenchmark} is what it is measured against.
 *
 * <pre>./earshot bench micro --include 'ShortlistBenchmark|RuntimeFloorBenchmark'</pre>
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
public class ShortlistBenchmark {
  private static final int MAX_SKILLS = 5;

  @Param({"6000", "40000", "100000"})
  private int skills;

  @Param({"known", "unknown"})
  private String user;

  @Param({"AUTO"})
  private Search search;

  private final Ticker ticker = Ticker.system();
  private final Duration budget = Duration.ofSeconds(10);
  private Fixture fixture;
  private ScheduledExecutorService timers;
  private Shortlister shortlister;
  private ShortlistQuery[] queries;
  private int next;

  /** For JMH, which sets the parameters. */
  public ShortlistBenchmark() {}

  ShortlistBenchmark(int skills, String user, Search search) {
    this.skills = skills;
    this.user = user;
    this.search = search;
  }

  @Setup
  public void start() throws Exception {
    fixture = Fixture.load(skills, 1, search);
    Profiles profiles =
        new Profiles(
            new StoredProfiles(
                new MemoryStore(InstantSource.system(), Retention.DEFAULT).profiles()),
            InstantSource.system());
    boolean known = user.equals("known");
    for (int i = 0; known && i < Fixture.USERS; i++) {
      EnabledSkills enabled = fixture.users().get(i);
      List<String> ids =
          Arrays.stream(enabled.indices()).mapToObj(fixture.model().skills()::id).toList();
      profiles
          .enable("user-" + i, ids, new Profiles.Condition("", true))
          .toCompletableFuture()
          .join();
    }
    timers = Executors.newSingleThreadScheduledExecutor();
    ProfileReads reads =
        new ProfileReads(profiles::get, timers, ticker, ProfileReads.Limits.DEFAULT);
    shortlister =
        new Shortlister(
            new ServedModel(fixture.model(), 0),
            model ->
                new UserSummaries(
                    profiles, reads, model, 64 << 20, ticker, StatsCounter.disabledStatsCounter()),
            new Shortlister.Clockwork(timers, new TimerError(ticker), ticker, new Foreground(1)),
            BatchListener.NONE,
            new Shortlister.Options(1, 1, 16, Duration.ofMillis(15), Duration.ZERO, Duration.ZERO));
    List<String> utterances = fixture.utterances();
    queries = new ShortlistQuery[utterances.size()];
    Arrays.setAll(
        queries,
        i ->
            new ShortlistQuery(
                List.of(new WeightedText(utterances.get(i), 1)),
                "user-" + i % Fixture.USERS,
                false,
                MAX_SKILLS,
                0));
    if (ask(0).degradation().isDegraded() == known) {
      throw new IllegalStateException("the answer's degradation does not fit the user");
    }
  }

  @Benchmark
  public Shortlist shortlist() {
    return ask(next++ % queries.length);
  }

  private Shortlist ask(int query) {
    return shortlister.shortlist(queries[query], Budget.startingNow(ticker, budget)).join();
  }

  @TearDown
  public void stop() {
    shortlister.close();
    timers.shutdown();
    fixture.close();
  }
}
