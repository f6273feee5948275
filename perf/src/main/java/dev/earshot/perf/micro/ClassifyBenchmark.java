package dev.earshot.perf.micro;

import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Search;
import dev.earshot.model.Workspace;
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
 * Queries to the five best skills: every skill's head, the users' boosts, normalisation and top-k,
 * by the graph and in stages. One batch a call.
 *
 * <pre>./earshot bench micro --include ClassifyBenchmark</pre>
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
public class ClassifyBenchmark {
  private static final int K = 5;

  @Param({"6000", "40000", "100000"})
  private int skills;

  @Param({"1", "16"})
  private int batch;

  @Param({"FLAT", "STAGED"})
  private Search search;

  private Fixture fixture;
  private Workspace workspace;
  private List<List<EnabledSkills>> batches;
  private int next;

  @Setup
  public void load() throws Exception {
    fixture = Fixture.load(skills, batch, search);
    workspace = fixture.model().workspace(batch);
    batches = Fixture.batches(fixture.users(), batch);
    workspace.encode(Fixture.batches(fixture.texts(), batch).get(0));
    workspace.attend(batches.get(0));
  }

  @Benchmark
  public Workspace classify() {
    workspace.classify(batches.get(next++ % batches.size()), K);
    return workspace;
  }

  @TearDown
  public void close() {
    workspace.close();
    fixture.close();
  }
}
