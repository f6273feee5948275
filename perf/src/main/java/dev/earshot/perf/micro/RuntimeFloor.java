package dev.earshot.perf.micro;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Search;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import dev.earshot.perf.Bundles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * What ONNX Runtime alone takes for a bundle's three graphs, one thread: single requests on tensors
 * made beforehand, one after the other and as they would come to a server, and batches of several
 * sizes through a worker's buffers.
 *
 * <p>One after the other, each request finds the weights in the processor's caches. After a pause
 * the machine's other work has taken their place, the more of it the longer the pause: a request of
 * a lightly loaded server reads them from memory.
 */
public final class RuntimeFloor {
  private static final int K = 5;
  private static final long SEED = 7;
  private static final long MAX_NANOS = 60_000_000_000L;

  private RuntimeFloor() {}

  /**
   * Times in µs.
   *
   * @param p50 of a single known user's request
   * @param p99 the same
   * @param paced the same, for requests that come at random times
   * @param batches by size, ascending
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Times(double p50, double p99, List<PacedTime> paced, List<BatchTime> batches) {
    public Times {
      paced = paced == null ? List.of() : List.copyOf(paced);
    }

    /** The least time that a request takes in a batch of any measured size, in µs. */
    @JsonProperty("best_row_us")
    public double bestRowUs() {
      return batches.stream().mapToDouble(batch -> batch.p50 / batch.size).min().orElse(p50);
    }
  }

  /** Time of a request in µs, where so many come in a second (a Poisson process). */
  public record PacedTime(double rate, double p50, double p99) {}

  /** Time of a whole batch, in µs. */
  public record BatchTime(int size, double p50, double p99) {}

  /**
   * Measures, after a warm-up of the same length.
   *
   * @param rates of paced requests, a second
   * @param seconds for single requests, for each rate, and again for all batches together
   */
  public static Times measure(Path bundle, int batchMax, List<Double> rates, double seconds)
      throws Exception {
    System.setProperty(Bundles.BUNDLE_PROPERTY, bundle.toString());
    try (Fixture fixture = Fixture.load(0, batchMax, Search.FLAT)) {
      List<BatchTime> batches = new ArrayList<>();
      int sizes = 32 - Integer.numberOfLeadingZeros(batchMax);
      for (int size = 1; size <= batchMax; size *= 2) {
        Histogram times = batches(fixture, size, seconds / sizes);
        batches.add(new BatchTime(size, micros(times, 50), micros(times, 99)));
      }
      try (RawGraphs graphs = RawGraphs.open(fixture.model().bundle())) {
        List<RawGraphs.Request> requests = requests(graphs, fixture);
        singles(graphs, requests, Pace.NONE, seconds);
        Histogram single = singles(graphs, requests, Pace.NONE, seconds);
        List<PacedTime> paced = new ArrayList<>();
        for (double rate : rates) {
          Histogram times = singles(graphs, requests, Pace.poisson(rate), seconds);
          paced.add(new PacedTime(rate, micros(times, 50), micros(times, 99)));
        }
        requests.forEach(RawGraphs.Request::close);
        return new Times(micros(single, 50), micros(single, 99), paced, batches);
      }
    }
  }

  private static List<RawGraphs.Request> requests(RawGraphs graphs, Fixture fixture)
      throws Exception {
    List<RawGraphs.Request> requests = new ArrayList<>();
    for (int i = 0; i < fixture.texts().size(); i++) {
      requests.add(
          graphs.request(
              fixture.texts().get(i).tokens().get(0), fixture.users().get(i % Fixture.USERS)));
    }
    graphs.requireSameAnswers(fixture, requests, true);
    return requests;
  }

  /** Waits for the next request, given when the last one came. */
  private interface Pace {
    Pace NONE = last -> last;

    long awaitNext(long last);

    static Pace poisson(double rate) {
      Random random = new Random(SEED);
      return last -> {
        long next = last + (long) (-Math.log(1 - random.nextDouble()) * 1e9 / rate);
        for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        return next;
      };
    }
  }

  private static Histogram singles(
      RawGraphs graphs, List<RawGraphs.Request> requests, Pace pace, double seconds)
      throws Exception {
    Histogram times = new Histogram(MAX_NANOS, 3);
    long last = System.nanoTime();
    long end = last + (long) (seconds * 1e9);
    for (int i = 0; System.nanoTime() < end || times.getTotalCount() == 0; i++) {
      last = pace.awaitNext(last);
      long start = System.nanoTime();
      graphs.run(requests.get(i % requests.size()));
      times.recordValue(System.nanoTime() - start);
    }
    return times;
  }

  private static Histogram batches(Fixture fixture, int size, double seconds) {
    List<List<WeightedTexts>> texts = Fixture.batches(fixture.texts(), size);
    List<List<EnabledSkills>> users = Fixture.batches(fixture.users(), size);
    Histogram times = new Histogram(MAX_NANOS, 3);
    try (Workspace workspace = fixture.model().workspace(size)) {
      for (int pass = 0; pass < 2; pass++) {
        times.reset();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        for (int i = 0; System.nanoTime() < end || times.getTotalCount() == 0; i++) {
          long start = System.nanoTime();
          workspace.encode(texts.get(i % texts.size()));
          workspace.attend(users.get(i % users.size()));
          workspace.classify(users.get(i % users.size()), K);
          times.recordValue(System.nanoTime() - start);
        }
      }
    }
    return times;
  }

  private static double micros(Histogram nanos, double percentile) {
    return Math.round(nanos.getValueAtPercentile(percentile) / 100.0) / 10.0;
  }
}
