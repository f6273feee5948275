package dev.earshot.perf.micro;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.model.Search;
import dev.earshot.perf.Bundles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The whole shortlist in process against ONNX Runtime alone, in turn in one JVM: some calls of the
 * one, some of the other. Whatever else the machine does meets both, so that their ratio holds
 * where their times do not.
 */
public final class InProcessRatio {
  private static final int CALLS_OF_A_TURN = 32;

  /** Of a turn, not counted: they bring what the other one has pushed out of the caches. */
  private static final int FIRST_CALLS = 2;

  private static final int ROUNDS = 10;
  private static final long MAX_NANOS = 60_000_000_000L;

  private InProcessRatio() {}

  /**
   * Medians in µs, and their ratio in each tenth of the time.
   *
   * @param shortlist text and user id in, skills and probabilities out, by way of a worker's thread
   * @param runtime the same graphs, texts and users, on tensors made beforehand
   */
  public record Times(
      @JsonProperty("shortlist_p50_us") double shortlist,
      @JsonProperty("runtime_p50_us") double runtime,
      @JsonProperty("round_ratios") List<Double> roundRatios) {}

  private interface Call {
    void run() throws Exception;
  }

  /**
   * Measures, after a warm-up of a third of the time.
   *
   * @param bundle that bundles of a number of skills are made from
   * @param known whether the users have profiles
   */
  public static Times measure(Path bundle, Path cache, int skills, boolean known, double seconds)
      throws Exception {
    System.setProperty(Bundles.BUNDLE_PROPERTY, bundle.toString());
    System.setProperty(Bundles.CACHE_PROPERTY, cache.toString());
    String user = known ? "known" : "unknown";
    ShortlistBenchmark shortlist = new ShortlistBenchmark(skills, user, Search.FLAT);
    RuntimeFloorBenchmark runtime = new RuntimeFloorBenchmark(skills, user);
    shortlist.start();
    runtime.load();
    try {
      Histogram allShortlists = histogram();
      Histogram allRuns = histogram();
      List<Double> ratios = new ArrayList<>();
      round(shortlist::shortlist, runtime::run, histogram(), histogram(), seconds / 3);
      for (int round = 0; round < ROUNDS; round++) {
        Histogram shortlists = histogram();
        Histogram runs = histogram();
        round(shortlist::shortlist, runtime::run, shortlists, runs, seconds / ROUNDS);
        ratios.add(median(shortlists) / median(runs));
        allShortlists.add(shortlists);
        allRuns.add(runs);
      }
      return new Times(median(allShortlists) / 1e3, median(allRuns) / 1e3, ratios);
    } finally {
      shortlist.stop();
      runtime.close();
    }
  }

  private static void round(
      Call shortlist, Call runtime, Histogram shortlists, Histogram runs, double seconds)
      throws Exception {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    do {
      turn(shortlist, shortlists);
      turn(runtime, runs);
    } while (System.nanoTime() - end < 0);
  }

  private static void turn(Call call, Histogram times) throws Exception {
    for (int i = 0; i < CALLS_OF_A_TURN; i++) {
      long start = System.nanoTime();
      call.run();
      long nanos = System.nanoTime() - start;
      if (i >= FIRST_CALLS) {
        times.recordValue(Math.min(nanos, MAX_NANOS));
      }
    }
  }

  private static Histogram histogram() {
    return new Histogram(MAX_NANOS, 3);
  }

  private static double median(Histogram times) {
    return times.getValueAtPercentile(50);
  }
}
