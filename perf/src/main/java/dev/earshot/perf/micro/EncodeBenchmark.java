package dev.earshot.perf.micro;

import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import java.util.List;
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
 * Token ids to utterance vectors: filling the input tensors and the encoder's graph. One batch a
 * call.
 *
 * <pre>./earshot bench micro --include EncodeBenchmark</pre>
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
public class EncodeBenchmark {
  @Param({"1", "16"})
  private int batch;

  private Fixture fixture;
  private Workspace workspace;
  private List<List<WeightedTexts>> batches;
  private int next;

  @Setup
  public void load() throws Exception {
    fixture = Fixture.load(0, batch);
    workspace = fixture.model().workspace(batch);
    batches = Fixture.batches(fixture.texts(), batch);
  }

  @Benchmark
  public Workspace encode() {
    workspace.encode(batches.get(next++ % batches.size()));
    return workspace;
  }

  @TearDown
  public void close() {
    workspace.close();
    fixture.close();
  }
}
