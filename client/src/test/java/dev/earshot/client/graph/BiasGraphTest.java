package dev.earshot.client.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.earshot.client.BiasPhrase;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BiasGraphTest {
  static final int INSIDE_OTHER_WORD = 999;

  private static final int MEG = 1;
  private static final int BAUER = 2;
  private static final int STREET = 3;
  private static final int OTHER = 50;

  @Test
  void sharesABoostOutEvenly() {
    BiasGraph graph = BiasGraph.builder().phrase(6, MEG, BAUER, STREET).build();
    assertThat(scores(graph, MEG, BAUER, STREET)).containsExactly(2, 2, 2, 0);
  }

  @Test
  void givesBackWhatAnUnfinishedPhraseGot() {
    BiasGraph graph = BiasGraph.builder().phrase(6, MEG, BAUER, STREET).build();
    assertThat(scores(graph, MEG, BAUER, OTHER)).containsExactly(2, 2, -4, 0);
    assertThat(scores(graph, OTHER, MEG, BAUER)).containsExactly(0, 2, 2, -4);
  }

  @Test
  void keepsWhatAPrefixGotWhenTheLongerPhraseDoesNotComeAbout() {
    BiasGraph graph = BiasGraph.builder().phrase(2, MEG).phrase(6, MEG, BAUER).build();
    assertThat(scores(graph, MEG, BAUER)).containsExactly(3, 3, 0);
    assertThat(scores(graph, MEG, OTHER)).containsExactly(3, -1, 0);
    assertThat(scores(graph, MEG)).containsExactly(3, -1);
  }

  @Test
  void doesNotPayTwiceForAPhraseInsideAnother() {
    BiasGraph graph = BiasGraph.builder().phrase(3, BAUER).phrase(6, MEG, BAUER, STREET).build();
    assertThat(total(graph, MEG, BAUER, STREET)).isEqualTo(6);
    assertThat(total(graph, MEG, BAUER, OTHER)).isEqualTo(3);
    assertThat(total(graph, BAUER, STREET)).isEqualTo(3);
  }

  @Test
  void paysAPhraseAtLeastWhatIsInIt() {
    BiasGraph graph =
        BiasGraph.builder().phrase(3, MEG).phrase(3, BAUER).phrase(5, MEG, BAUER).build();
    assertThat(total(graph, MEG, BAUER)).isEqualTo(6);
  }

  @Test
  void countsTheBetterOfTwoThatOverlap() {
    BiasGraph graph = BiasGraph.builder().phrase(4, MEG, BAUER).phrase(5, BAUER, STREET).build();
    assertThat(total(graph, MEG, BAUER)).isEqualTo(4);
    assertThat(total(graph, MEG, BAUER, STREET)).isEqualTo(5);
    assertThat(total(graph, MEG, BAUER, BAUER, STREET)).isEqualTo(9);
  }

  @Test
  void findsEveryTokenisationOfAPhrase() {
    BiasGraph graph =
        BiasGraph.builder().phrase(4, List.of(new int[] {MEG, BAUER}, new int[] {STREET})).build();
    assertThat(total(graph, MEG, BAUER)).isEqualTo(4);
    assertThat(total(graph, STREET)).isEqualTo(4);
  }

  @Test
  void findsAPhraseAfterAFalseBeginningOfItself() {
    BiasGraph graph = BiasGraph.builder().phrase(9, MEG, MEG, BAUER).build();
    assertThat(total(graph, MEG, MEG, MEG, BAUER)).isEqualTo(9);
  }

  @Test
  void mindsWordsIfAskedTo() {
    // Even tokens begin a word: 2 3 is one word, as is 2 3 5; 4 is another.
    BiasGraph graph =
        BiasGraph.builder().wordBeginnings(BiasGraphTest::isEven).phrase(4, 2, 3).build();
    assertThat(scores(graph, 2, 3, 4)).containsExactly(2, 2, 0, 0);
    assertThat(scores(graph, 2, 3)).containsExactly(2, 2, 0);
    assertThat(scores(graph, 2, 3, 5)).containsExactly(2, 2, -4, 0);

    BiasGraph inside =
        BiasGraph.builder().wordBeginnings(BiasGraphTest::isEven).phrase(4, 3, 5).build();
    assertThat(total(inside, 2, 3, 5)).isZero();
    assertThat(total(inside, 3, 5)).isEqualTo(4);
    assertThat(total(inside, 3, 5, 3, 5)).isZero();
  }

  @Test
  void holdsNothingOfPhrasesWithoutBoost() {
    BiasGraph graph = BiasGraph.builder().phrase(0, MEG, BAUER).build();
    assertThat(graph.states()).isEqualTo(1);
    assertThat(scores(graph, MEG, BAUER)).containsExactly(0, 0, 0);
    assertThat(total(BiasGraph.builder().build(), MEG)).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void addsUpToTheBestCoverOfAnySequence(boolean mindsWords) {
    Random random = new Random(20_261_121);
    int exact = 0;
    for (int round = 0; round < 3_000; round++) {
      int vocabulary = 2 + random.nextInt(5);
      int longest = 1 + random.nextInt(5);
      boolean alike = random.nextBoolean();
      IntPredicate beginsWord = mindsWords ? BiasGraphTest::isEven : null;
      BiasGraph.Builder builder = BiasGraph.builder();
      if (mindsWords) {
        builder.wordBeginnings(BiasGraphTest::isEven);
      }
      NaiveScorer naive = new NaiveScorer(beginsWord);
      for (int phrases = 1 + random.nextInt(7); phrases > 0; phrases--) {
        int[] tokens = tokens(random, 1 + random.nextInt(longest), vocabulary);
        double boost = alike ? 1 + random.nextInt(2) : random.nextInt(1_000_000) * 0x1p-16;
        builder.phrase(boost, tokens);
        naive.add(boost, tokens);
      }
      BiasGraph graph = builder.build();
      exact += graph.isExact() ? 1 : 0;
      for (int sequences = 0; sequences < 5; sequences++) {
        // One token beyond the phrases' own.
        int[] sequence = tokens(random, random.nextInt(16), vocabulary + 1);
        if (graph.isExact()) {
          assertAddsUp(graph, naive, sequence);
        } else {
          assertThat(total(graph, sequence)).isBetween(0.0, naive.best(sequence));
        }
      }
    }
    // All but those whose few tokens overlap in every way.
    assertThat(exact).isGreaterThan(2_950);
  }

  @Test
  void givesUpOverlapsRatherThanGrowWithoutBound() {
    Random random = new Random(7);
    BiasGraph.Builder builder = BiasGraph.builder();
    NaiveScorer naive = new NaiveScorer(null);
    int tokens = 0;
    for (int i = 0; i < 400; i++) {
      int[] phrase = tokens(random, 4 + random.nextInt(6), 3);
      double boost = random.nextInt(1_000_000) * 0x1p-16;
      builder.phrase(boost, phrase);
      naive.add(boost, phrase);
      tokens += phrase.length;
    }
    BiasGraph graph = builder.build();
    assertThat(graph.isExact()).isFalse();
    assertThat(graph.states()).isLessThan((BiasGraph.STATES_PER_STATE + 2) * tokens);
    double found = 0;
    double possible = 0;
    for (int i = 0; i < 200; i++) {
      int[] sequence = tokens(random, 30, 3);
      double total = total(graph, sequence);
      double best = naive.best(sequence);
      assertThat(total).isBetween(0.0, best);
      found += total;
      possible += best;
    }
    assertThat(found).isGreaterThan(0.9 * possible);
  }

  @Test
  void staysSmallWithAThousandPhrasesOfAnyBoost() {
    Random random = new Random(3);
    BiasGraph.Builder builder = BiasGraph.builder();
    int tokens = 0;
    for (int i = 0; i < 1_000; i++) {
      // First names are shared.
      int[] phrase = tokens(random, 10, 32_000);
      phrase[0] = random.nextInt(300);
      builder.phrase(20 * random.nextDouble(), phrase);
      tokens += phrase.length;
    }
    BiasGraph graph = builder.build();
    assertThat(graph.isExact()).isTrue();
    assertThat(graph.states()).isLessThan(2 * tokens);
  }

  @Test
  void scoresAWholeVocabularyAtOnce() {
    Random random = new Random(11);
    for (boolean mindsWords : new boolean[] {false, true}) {
      BiasGraph.Builder builder = BiasGraph.builder();
      if (mindsWords) {
        builder.wordBeginnings(BiasGraphTest::isEven);
      }
      for (int i = 0; i < 30; i++) {
        builder.phrase(random.nextInt(100) / 4.0, tokens(random, 1 + random.nextInt(4), 9));
      }
      BiasGraph graph = builder.build();
      for (int state = 0; state < graph.states(); state++) {
        float[] scores = new float[12];
        Arrays.fill(scores, -1);
        graph.addScores(state, scores, 2);
        for (int token = 0; token < scores.length; token++) {
          assertThat((double) scores[token])
              .isEqualTo(2 * graph.score(state, token) - 1, within(1e-4));
        }
      }
      // Tokens beyond the vocabulary are passed over.
      graph.addScores(graph.start(), new float[2], 1);
    }
  }

  @Test
  void refusesWhatIsNoPhrase() {
    BiasGraph.Builder builder = BiasGraph.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.phrase(Double.NaN, MEG))
        .withMessage("boost: NaN (expected: 0 to 1000.0)");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.phrase(-1, MEG));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.phrase(1))
        .withMessage("tokens: none (expected: at least one)");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.phrase(1, MEG, -2))
        .withMessage("tokens: -2 (expected: >= 0)");
  }

  @Test
  void scoresTextsByWords() {
    WordGraph words =
        WordGraph.of(
            List.of(
                BiasPhrase.of("Meg Bauer", 6),
                BiasPhrase.of("Meg"),
                BiasPhrase.of("J. R. Smith's", 3),
                BiasPhrase.of("!?", 3)),
            2);
    assertThat(words.total("Call MEG, please")).isEqualTo(2);
    assertThat(words.total("call meg-bauer")).isEqualTo(6);
    assertThat(words.total("j r smith\u2019s")).isEqualTo(3);
    assertThat(words.total("call power")).isZero();
    assertThat(words.token("power")).isEqualTo(WordGraph.OTHER_WORD);
    assertThat(words.token("bauer")).isNotNegative();
  }

  /** After each token and at the end. */
  private static void assertAddsUp(BiasGraph graph, NaiveScorer naive, int[] sequence) {
    double total = 0;
    int state = graph.start();
    for (int i = 0; i < sequence.length; i++) {
      total += graph.score(state, sequence[i]);
      state = graph.next(state, sequence[i]);
      assertThat(total).isEqualTo(naive.running(Arrays.copyOf(sequence, i + 1)));
    }
    assertThat(total + graph.finish(state)).isEqualTo(naive.best(sequence));
  }

  private static boolean isEven(int token) {
    return token % 2 == 0;
  }

  private static int[] tokens(Random random, int length, int vocabulary) {
    return random.ints(length, 0, vocabulary).toArray();
  }

  /** What each token adds, and last what the end adds. */
  private static double[] scores(BiasGraph graph, int... sequence) {
    double[] scores = new double[sequence.length + 1];
    int state = graph.start();
    for (int i = 0; i < sequence.length; i++) {
      long step = graph.step(state, sequence[i]);
      scores[i] = BiasGraph.score(step);
      state = BiasGraph.state(step);
    }
    scores[sequence.length] = graph.finish(state);
    return scores;
  }

  private static double total(BiasGraph graph, int... sequence) {
    return Arrays.stream(scores(graph, sequence)).sum();
  }
}
