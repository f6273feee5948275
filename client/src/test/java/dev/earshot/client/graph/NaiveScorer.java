package dev.earshot.client.graph;

import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The formulas of {@link BiasGraph} as they are written there, over the whole sequence each time.
 */
final class NaiveScorer {
  private record Phrase(double boost, IntBuffer tokens) {}

  private final List<Phrase> phrases = new ArrayList<>();
  private final @Nullable IntPredicate beginsWord;

  NaiveScorer(@Nullable IntPredicate beginsWord) {
    this.beginsWord = beginsWord;
  }

  void add(double boost, int... tokens) {
    phrases.add(new Phrase(boost, IntBuffer.wrap(tokens)));
  }

  /** The best cover of a finished sequence. */
  double best(int[] sequence) {
    double[] best = new double[sequence.length + 1];
    for (int end = 1; end <= sequence.length; end++) {
      best[end] = best[end - 1];
      for (Phrase phrase : phrases) {
        int begin = end - phrase.tokens.capacity();
        if (begin >= 0
            && isWordBoundary(sequence, begin)
            && isWordBoundary(sequence, end)
            && phrase.tokens.equals(IntBuffer.wrap(sequence, begin, end - begin))) {
          best[end] = Math.max(best[end], best[begin] + phrase.boost);
        }
      }
    }
    return best[sequence.length];
  }

  /** What a decoder has added after all tokens of a sequence that goes on. */
  double running(int[] sequence) {
    double kept = kept(sequence);
    double credit = 0;
    for (int begin = 0; begin < sequence.length; begin++) {
      if (!isWordBoundary(sequence, begin)) {
        continue;
      }
      double paid = kept - best(Arrays.copyOf(sequence, begin));
      for (Phrase phrase : phrases) {
        int depth = sequence.length - begin;
        if (depth <= phrase.tokens.capacity()
            && phrase.tokens.slice(0, depth).equals(IntBuffer.wrap(sequence, begin, depth))) {
          double share = phrase.boost * depth / phrase.tokens.capacity();
          double rounded = Math.round(share / BiasGraph.RESOLUTION) * BiasGraph.RESOLUTION;
          credit = Math.max(credit, rounded - paid);
        }
      }
    }
    return kept + credit;
  }

  /** The best cover as far as it is certain: whether a word ends here, only what follows tells. */
  private double kept(int[] sequence) {
    if (beginsWord == null) {
      return best(sequence);
    }
    // A token that begins no word and is in no phrase.
    int[] goesOn = Arrays.copyOf(sequence, sequence.length + 1);
    goesOn[sequence.length] = BiasGraphTest.INSIDE_OTHER_WORD;
    return best(goesOn);
  }

  private boolean isWordBoundary(int[] sequence, int position) {
    return beginsWord == null
        || position == 0
        || position == sequence.length
        || beginsWord.test(sequence[position]);
  }
}
