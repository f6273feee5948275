package dev.earshot.model;

import dev.earshot.model.LoadReport.WarmShape;
import dev.earshot.model.Workspace.WeightedTexts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Runs each graph in every shape bucket: batches in powers of two, words and enabled skills in
 * multiples of eight as far as they are common. The runtime allocates its memory, and the JVM
 * compiles its code, before the first request and not during it.
 */
final class WarmUp {
  private static final int RUNS = 3;
  private static final int MAX_ENABLED = 64;
  private static final int K = 5;

  private WarmUp() {}

  static List<WarmShape> run(ShortlistModel model, int batchMax) {
    List<WarmShape> shapes = new ArrayList<>();
    try (Workspace workspace = model.workspace(batchMax)) {
      for (int batch : powersOfTwo(1, batchMax)) {
        for (int words : powersOfTwo(8, model.tokenizer().maxWords())) {
          List<WeightedTexts> texts = Collections.nCopies(batch, WeightedTexts.of(tokens(words)));
          shapes.add(shape("encode", batch, words, 0, () -> workspace.encode(texts)));
        }
        for (int enabled : powersOfTwo(8, MAX_ENABLED)) {
          List<EnabledSkills> users = Collections.nCopies(batch, user(model, enabled));
          shapes.add(shape("attend", batch, 0, enabled, () -> workspace.attend(users)));
          int k = Math.min(K, model.skills().size());
          shapes.add(shape("classify", batch, 0, enabled, () -> workspace.classify(users, k)));
        }
      }
    }
    return shapes;
  }

  private static WarmShape shape(String graph, int batch, int words, int enabled, Runnable run) {
    long[] nanos = new long[RUNS];
    for (int i = 0; i < RUNS; i++) {
      long start = System.nanoTime();
      run.run();
      nanos[i] = System.nanoTime() - start;
    }
    // The first one allocates.
    Arrays.sort(nanos, 1, RUNS);
    long longest = nanos[RUNS - 1];
    Arrays.sort(nanos);
    return new WarmShape(graph, batch, words, enabled, nanos[RUNS / 2], longest);
  }

  private static Tokens tokens(int words) {
    int[] ids = new int[words];
    Arrays.fill(ids, Tokenizer.UNKNOWN);
    return new Tokens(ids, Collections.nCopies(words, new int[] {1}));
  }

  private static EnabledSkills user(ShortlistModel model, int enabled) {
    int count = Math.min(enabled, model.skills().size());
    int[] rows = new int[count];
    Arrays.setAll(rows, i -> i);
    return model.enabledSkills(rows);
  }

  /** From {@code first} doubling up to {@code last}, and {@code last} itself. */
  private static List<Integer> powersOfTwo(int first, int last) {
    List<Integer> values = new ArrayList<>();
    for (int value = first; value < last; value *= 2) {
      values.add(value);
    }
    values.add(last);
    return values;
  }
}
