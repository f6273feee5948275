package dev.earshot.perf.micro;

import dev.earshot.model.Tokens;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Text to token ids: folding, words, vocabulary, n-grams of unknown words. One utterance a call.
 *
 * <pre>./earshot bench micro --include TokenizeBenchmark</pre>
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
@State(Scope.Benchmark)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up first.
public class TokenizeBenchmark {
  private Fixture fixture;
  private List<String> utterances;
  private int next;

  @Setup
  public void load() throws Exception {
    fixture = Fixture.load(0, 1);
    utterances = fixture.utterances();
  }

  @Benchmark
  public Tokens tokenize() {
    return fixture.model().tokenizer().tokenize(utterances.get(next++ % utterances.size()));
  }

  @TearDown
  public void close() {
    fixture.close();
  }
}
