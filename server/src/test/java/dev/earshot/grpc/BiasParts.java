package dev.earshot.grpc;

import dev.earshot.bias.BiasModels;
import dev.earshot.bias.Sounds;
import dev.earshot.model.ContextEncoder;
import dev.earshot.model.ContextText;
import dev.earshot.model.ContextVector;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.pronunciation.Phone;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.rescore.ContextMatch;
import dev.earshot.rescore.NBest;
import dev.earshot.rescore.RescoreMode;
import dev.earshot.rescore.Rescored;
import dev.earshot.rescore.Rescorer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Models of biasing whose work a test can hold, count and foresee; what the real ones do is tested
 * where they are.
 */
final class BiasParts {
  final AtomicInteger encoded = new AtomicInteger();
  final AtomicInteger pronounced = new AtomicInteger();

  /** While set, making a context vector waits for it. */
  volatile CountDownLatch encoding = new CountDownLatch(0);

  /** While set, rescoring waits for it. */
  volatile CountDownLatch rescoring = new CountDownLatch(0);

  BiasModels models() {
    return new BiasModels(
        "test", Optional.of(new Letters()), Optional.of(new Exact()), Optional.of(new Lengths()));
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(10, TimeUnit.SECONDS)) {
        throw new AssertionError("held for ever");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** A phone for each letter, in English. */
  private final class Letters implements Sounds {
    @Override
    public boolean speaks(String locale) {
      return locale.isEmpty() || locale.startsWith("en");
    }

    @Override
    public List<Pronunciation> pronounce(String text) {
      pronounced.incrementAndGet();
      byte[] codes = new byte[text.length()];
      for (int i = 0; i < codes.length; i++) {
        codes[i] = (byte) (text.charAt(i) % Phone.COUNT);
      }
      return List.of(Pronunciation.of(codes, 0, codes.length));
    }
  }

  /** A vector of lengths. */
  private final class Lengths implements ContextEncoder {
    @Override
    public String modelId() {
      return "lengths";
    }

    @Override
    public int dimensions() {
      return 2;
    }

    @Override
    public int maxItems() {
      return 32;
    }

    @Override
    public boolean canMatch() {
      return true;
    }

    @Override
    public ContextVector encode(List<ContextText> texts) {
      encoded.incrementAndGet();
      await(encoding);
      float[] values = new float[2 * texts.size()];
      for (int i = 0; i < texts.size(); i++) {
        values[2 * i] = texts.get(i).text().length();
        values[2 * i + 1] = texts.get(i).kind().length();
      }
      return ContextVector.of(modelId(), texts.size(), 2, values);
    }

    @Override
    public float[] match(ContextVector vector, List<String> hypotheses) {
      return new float[hypotheses.size()];
    }

    @Override
    public void close() {}
  }

  /** Adds the boost of a phrase to a hypothesis that holds its words. */
  private final class Exact implements Rescorer {
    private record Phrases(List<BiasPhrase> phrases) implements PreparedPhrases {
      @Override
      public int size() {
        return phrases.size();
      }
    }

    @Override
    public PreparedPhrases prepare(List<BiasPhrase> phrases) {
      return new Phrases(phrases);
    }

    @Override
    public Rescored rescore(
        NBest nBest, PreparedPhrases prepared, ContextMatch context, RescoreMode mode) {
      await(rescoring);
      List<Rescored.Hypothesis> scored = new ArrayList<>();
      for (int i = 0; i < nBest.hypotheses().size(); i++) {
        NBest.Hypothesis given = nBest.hypotheses().get(i);
        double score = Double.isNaN(given.score()) ? -i : given.score() * nBest.scoreScale();
        for (BiasPhrase phrase : ((Phrases) prepared).phrases) {
          score += given.text().contains(phrase.text()) ? phrase.boost() : 0;
        }
        scored.add(new Rescored.Hypothesis(given.text(), score, i, List.of()));
      }
      scored.sort(Comparator.comparingDouble(hypothesis -> -hypothesis.score()));
      return new Rescored(scored, scored.get(0).sourceIndex() != 0);
    }
  }
}
