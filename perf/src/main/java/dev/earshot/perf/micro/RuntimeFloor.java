package dev.earshot.perf.micro;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import dev.earshot.perf.Bundles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What ONNX Runtime alone takes for a bundle's three graphs, one thread: single requests on tensors
 * made beforehand, and batches of several sizes through a worker's buffers.
 */
public final class RuntimeFloor {
  private static final int K = 5;
  private static final long MAX_NANOS = 60_000_000_000L;

  private RuntimeFloor() {}

  /**
   * Times in µs.
   *
   * @param p50 of a single known user's request
   * @param p99 the same
   * @param batches by size, ascending
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Times(double p50, double p99, List<BatchTime> batches) {
    /** The least time that a request takes in a batch of any measured size, in µs. */
    @JsonProperty("best_row_us")
    public double bestRowUs() {
      return batches.stream().mapToDouble(batch -> batch.p50 / batch.size).min().orElse(p50);
    }
  }

  /** Time of a whole batch, in µs. */
  public record BatchTime(int size, double p50, double p99) {}

  /**
   * Measures, after a warm-up of the same length.
   *
   * @param seconds for single requests, and again for all batches together
   */
  public static Times measure(Path bundle, int batchMax, double seconds) throws Exception {
    System.setProperty(Bundles.BUNDLE_PROPERTY, bundle.toString());
    try (Fixture fixture = Fixture.load(0, batchMax)) {
      Histogram single = singles(fixture, seconds);
      List<BatchTime> batches = new ArrayList<>();
      int sizes = 32 - Integer.numberOfLeadingZeros(batchMax);
      for (int size = 1; size <= batchMax; size *= 2) {
        Histogram times = batches(fixture, size, seconds / sizes);
        batches.add(new BatchTime(size, micros(times, 50), micros(times, 99)));
      }
      return new Times(micros(single, 50), micros(single, 99), batches);
    }
  }

  private static Histogram singles(Fixture fixture, double seconds) throws Exception {
    try (RawGraphs graphs = RawGraphs.open(fixture.model().bundle())) {
      List<RawGraphs.Request> requests = new ArrayList<>();
      for (int i = 0; i < fixture.texts().size(); i++) {
        requests.add(
            graphs.request(
                fixture.texts().get(i).tokens().get(0), fixture.users().get(i % Fixture.USERS)));
      }
      graphs.requireSameAnswers(fixture, requests, true);
      Histogram times = new Histogram(MAX_NANOS, 3);
      for (int pass = 0; pass < 2; pass++) {
        times.reset();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        for (int i = 0; System.nanoTime() < end || times.getTotalCount() == 0; i++) {
          long start = System.nanoTime();
          graphs.run(requests.get(i % requests.size()));
          times.recordValue(System.nanoTime() - start);
        }
      }
      requests.forEach(RawGraphs.Request::close);
      return times;
    }
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
