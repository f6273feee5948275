package dev.earshot.client.export;

import dev.earshot.client.BiasPhrase;
import dev.earshot.client.export.Export.Cause;
import dev.earshot.client.export.Export.Remark;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Takes phrases up to a format's limits, and keeps the remarks. Not thread-safe. */
final class Selection {
  private final int mostPhrases;
  private final int longestPhrase;
  private final int largestTotal;
  private final Set<String> taken = new HashSet<>();
  private final List<Remark> remarks = new ArrayList<>();
  private int total;

  /**
   * @param longestPhrase in UTF-16 units, which are at least as many as the code points
   * @param largestTotal in whatever unit {@link #takes} is told
   */
  Selection(int mostPhrases, int longestPhrase, int largestTotal) {
    this.mostPhrases = mostPhrases;
    this.longestPhrase = longestPhrase;
    this.largestTotal = largestTotal;
  }

  /**
   * Whether there is room for a phrase; if so, it is taken.
   *
   * @param spelled as the format has it
   * @param size what it adds to the total
   */
  boolean takes(BiasPhrase phrase, String spelled, int size) {
    if (spelled.length() > longestPhrase) {
      return leaves(phrase, Cause.TOO_LONG);
    }
    if (taken.contains(spelled)) {
      return leaves(phrase, Cause.REPEATED);
    }
    if (taken.size() == mostPhrases) {
      return leaves(phrase, Cause.TOO_MANY);
    }
    if (total + size > largestTotal) {
      return leaves(phrase, Cause.TOO_LARGE);
    }
    taken.add(spelled);
    total += size;
    return true;
  }

  /** Notes that a phrase is left out. Returns false. */
  boolean leaves(BiasPhrase phrase, Cause cause) {
    remark(phrase, cause);
    return false;
  }

  void remark(BiasPhrase phrase, Cause cause) {
    remarks.add(new Remark(phrase, cause));
  }

  <T> Export<T> export(T content) {
    return new Export<>(content, remarks);
  }
}
