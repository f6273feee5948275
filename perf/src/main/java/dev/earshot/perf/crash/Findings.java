package dev.earshot.perf.crash;

import java.util.ArrayList;
import java.util.List;

/**
 * What a look at a store that came back has found. Immutable.
 *
 * @param checked acknowledged writes that were looked for
 * @param lost acknowledged writes that are not there, or whose text is not
 * @param doubled writes that are there more than once
 * @param misordered events that stand before one of the same writer that was acknowledged earlier
 * @param strange what nobody wrote: unknown events, other texts, profiles that were never sent
 * @param revived removed interactions that are there again
 * @param examples of all but the first, in words
 */
public record Findings(
    long checked,
    long lost,
    long doubled,
    long misordered,
    long strange,
    long revived,
    List<String> examples) {
  /** Nothing was looked at. */
  public static final Findings NONE = new Findings(0, 0, 0, 0, 0, 0, List.of());

  private static final int MAX_EXAMPLES = 10;

  public Findings {
    examples = List.copyOf(examples);
  }

  /** Whether all is as it was acknowledged. */
  public boolean isClean() {
    return lost + doubled + misordered + strange + revived == 0;
  }

  /** Both together. */
  public Findings plus(Findings other) {
    List<String> some = new ArrayList<>(examples);
    other.examples.stream().limit(Math.max(0, MAX_EXAMPLES - some.size())).forEach(some::add);
    return new Findings(
        checked + other.checked,
        lost + other.lost,
        doubled + other.doubled,
        misordered + other.misordered,
        strange + other.strange,
        revived + other.revived,
        some);
  }

  /** Collects what one look finds. Not thread-safe. */
  static final class Builder {
    private long checked;
    private long lost;
    private long doubled;
    private long misordered;
    private long strange;
    private long revived;
    private final List<String> examples = new ArrayList<>();

    void checked(long count) {
      checked += count;
    }

    void lost(String example) {
      lost++;
      example("lost", example);
    }

    void doubled(String example) {
      doubled++;
      example("doubled", example);
    }

    void misordered(String example) {
      misordered++;
      example("out of order", example);
    }

    void strange(String example) {
      strange++;
      example("never written", example);
    }

    void revived(String example) {
      revived++;
      example("removed, and there again", example);
    }

    private void example(String kind, String example) {
      if (examples.size() < MAX_EXAMPLES) {
        examples.add(kind + ": " + example);
      }
    }

    Findings build() {
      return new Findings(checked, lost, doubled, misordered, strange, revived, examples);
    }
  }
}
