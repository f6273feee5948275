package dev.earshot.model;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How often each graph was run, and how long the runtime took for it. Thread-safe. */
public final class RunTimes {
  /** The graphs that are run. */
  public static final List<String> GRAPHS =
      Stream.concat(Bundle.GRAPHS.stream(), BiasBundle.GRAPHS.stream()).toList();

  private final Map<String, Sum> sums =
      GRAPHS.stream().collect(Collectors.toUnmodifiableMap(graph -> graph, graph -> new Sum()));

  /** Runs of one graph. */
  static final class Sum {
    private final LongAdder count = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    void add(long runNanos) {
      count.increment();
      nanos.add(runNanos);
    }
  }

  Sum of(String graph) {
    Sum sum = sums.get(graph);
    if (sum == null) {
      throw new IllegalArgumentException("graph: " + graph + " (expected: one of " + GRAPHS + ")");
    }
    return sum;
  }

  /** How often a graph was run. */
  public long count(String graph) {
    return of(graph).count.sum();
  }

  /** Nanoseconds of all runs of a graph. */
  public long nanos(String graph) {
    return of(graph).nanos.sum();
  }
}
