package dev.earshot.perf.micro;

import dev.earshot.model.EnabledSkills;
import dev.earshot.model.Search;
import java.util.ArrayList;
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
 * The floor below {@link ShortlistBenchmark}: ONNX Runtime alone, running the same three graphs one
 * after the other on tensors made beforehand from the same texts and users, in one thread. Nothing
 * of Earshot runs while it is measured.
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
public class RuntimeFloorBenchmark {
  @Param({"6000", "40000", "100000"})
  private int skills;

  @Param({"known", "unknown"})
  private String user;

  private RawGraphs graphs;
  private List<RawGraphs.Request> requests;
  private int next;

  /** For JMH, which sets the parameters. */
  public RuntimeFloorBenchmark() {}

  RuntimeFloorBenchmark(int skills, String user) {
    this.skills = skills;
    this.user = user;
  }

  @Setup
  public void load() throws Exception {
    try (Fixture fixture = Fixture.load(skills, 1, Search.FLAT)) {
      graphs = RawGraphs.open(fixture.model().bundle());
      requests = new ArrayList<>();
      for (int i = 0; i < fixture.texts().size(); i++) {
        EnabledSkills enabled =
            user.equals("known") ? fixture.users().get(i % Fixture.USERS) : EnabledSkills.NONE;
        requests.add(graphs.request(fixture.texts().get(i).tokens().get(0), enabled));
      }
      graphs.requireSameAnswers(fixture, requests, user.equals("known"));
    }
  }

  @Benchmark
  public RawGraphs.Request run() throws Exception {
    RawGraphs.Request request = requests.get(next++ % requests.size());
    graphs.run(request);
    return request;
  }

  @TearDown
  public void close() throws Exception {
    requests.forEach(RawGraphs.Request::close);
    graphs.close();
  }
}
