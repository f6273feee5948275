package dev.earshot.perf.asr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BeamSearchTest {
  private static final int START = 0;
  private static final int END = 1;
  private static final int A = 2;
  private static final int B = 3;
  private static final int C = 4;
  private static final int FORBIDDEN = 5;
  private static final int TOKENS = 6;
  private static final int MAX = 6;

  /** A language model written down: next tokens' probabilities by what was said so far. */
  private static final class Table implements TokenDecoder {
    private final Map<List<Integer>, Map<Integer, Double>> next;
    private List<List<Integer>> rows = List.of(List.of());
    private boolean started;

    Table(Map<List<Integer>, Map<Integer, Double>> next) {
      this.next = next;
    }

    @Override
    public float[][] step(int[] parents, int[] tokens) {
      List<List<Integer>> extended = new ArrayList<>();
      for (int i = 0; i < tokens.length; i++) {
        List<Integer> row = new ArrayList<>(rows.get(parents[i]));
        if (started) {
          row.add(tokens[i]);
        } else {
          assertThat(tokens).containsExactly(START);
        }
        extended.add(row);
      }
      started = true;
      rows = extended;
      float[][] logits = new float[rows.size()][TOKENS];
      for (int i = 0; i < logits.length; i++) {
        Arrays.fill(logits[i], -30);
        Map<Integer, Double> known = next.getOrDefault(rows.get(i), Map.of(END, 1.0));
        for (Map.Entry<Integer, Double> entry : known.entrySet()) {
          // Any constant may be added to logits.
          logits[i][entry.getKey()] = (float) (Math.log(entry.getValue()) + 3);
        }
      }
      return logits;
    }
  }

  private static BeamSearch search(int width, int variants, double reward, double margin) {
    boolean[] forbidden = new boolean[TOKENS];
    forbidden[FORBIDDEN] = true;
    // C is A written otherwise.
    return new BeamSearch(
        width,
        variants,
        reward,
        margin,
        START,
        END,
        forbidden,
        (key, token) -> key * 31 + (token == C ? A : token));
  }

  private static List<Hypothesis> decode(
      BeamSearch search, Map<List<Integer>, Map<Integer, Double>> next, TokenBias bias)
      throws OrtException {
    return search.decode(new Table(next), bias, MAX);
  }

  private static List<List<Integer>> tokens(List<Hypothesis> hypotheses) {
    return hypotheses.stream().map(Hypothesis::tokens).toList();
  }

  @Test
  void findsTheLikeliestWhereGreedyDecodingDoesNot() throws OrtException {
    Map<List<Integer>, Map<Integer, Double>> next =
        Map.of(
            List.of(), Map.of(A, 0.6, B, 0.4),
            List.of(A), Map.of(A, 0.5, B, 0.5),
            List.of(B), Map.of(B, 0.9, END, 0.1));

    List<Hypothesis> found = decode(search(3, 1, 0, 100), next, TokenBias.NONE);

    assertThat(tokens(found)).startsWith(List.of(B, B));
    assertThat(found.get(0).score()).isCloseTo(Math.log(0.4 * 0.9), within(1e-3));
    assertThat(tokens(found)).contains(List.of(A, A), List.of(A, B)).hasSize(3);
  }

  @Test
  void neverAnswersWithNothing() throws OrtException {
    Map<List<Integer>, Map<Integer, Double>> next = Map.of(List.of(), Map.of(END, 0.9, A, 0.1));

    assertThat(tokens(decode(search(2, 1, 0, 100), next, TokenBias.NONE))).startsWith(List.of(A));
  }

  @Test
  void choosesNoForbiddenToken() throws OrtException {
    Map<List<Integer>, Map<Integer, Double>> next =
        Map.of(List.of(), Map.of(FORBIDDEN, 0.9, B, 0.1));

    assertThat(tokens(decode(search(1, 1, 0, 100), next, TokenBias.NONE)))
        .containsExactly(List.of(B));
  }

  @Test
  void keepsTheBestWritingOfTheSameWords() throws OrtException {
    Map<List<Integer>, Map<Integer, Double>> next =
        Map.of(List.of(), Map.of(A, 0.4, C, 0.5, B, 0.1));

    assertThat(tokens(decode(search(2, 1, 0, 100), next, TokenBias.NONE)))
        .containsExactly(List.of(C), List.of(B));
    assertThat(tokens(decode(search(3, 2, 0, 100), next, TokenBias.NONE)))
        .startsWith(List.of(C), List.of(B))
        .doesNotContain(List.of(A));
  }

  @Test
  void rewardsLength() throws OrtException {
    Map<List<Integer>, Map<Integer, Double>> next =
        Map.of(
            List.of(), Map.of(A, 1.0),
            List.of(A), Map.of(END, 0.6, B, 0.4));

    assertThat(tokens(decode(search(2, 1, 0, 100), next, TokenBias.NONE)))
        .startsWith(List.of(A), List.of(A, B));
    assertThat(tokens(decode(search(2, 1, 0.5, 100), next, TokenBias.NONE)))
        .startsWith(List.of(A, B), List.of(A));
  }

  @Test
  void leavesOutWhatIsFarBelowTheBest() throws OrtException {
    Map<List<Integer>, Map<Integer, Double>> next =
        Map.of(
            List.of(), Map.of(A, 0.99, B, 0.01),
            List.of(A), Map.of(B, 0.98, END, 0.02));

    assertThat(tokens(decode(search(3, 1, 0, 3), next, TokenBias.NONE)))
        .containsExactly(List.of(A, B));
    assertThat(tokens(decode(search(3, 1, 0, 6), next, TokenBias.NONE)))
        .containsExactly(List.of(A, B), List.of(A), List.of(B));
  }

  @Test
  void doesNotGoRoundInCircles() throws OrtException {
    Map<Integer, Double> again = Map.of(A, 0.99, END, 0.01);
    Map<List<Integer>, Map<Integer, Double>> next =
        Map.of(
            List.of(), again,
            List.of(A), again,
            List.of(A, A), again,
            List.of(A, A, A), again,
            List.of(A, A, A, A), again);

    assertThat(tokens(decode(search(4, 2, 0, 100), next, TokenBias.NONE)))
        .contains(List.of(A, A, A))
        .noneMatch(said -> Collections.indexOfSubList(said, List.of(A, A, A, A)) >= 0);
  }

  @Test
  void endsWhatTakesTooLong() throws OrtException {
    Map<List<Integer>, Map<Integer, Double>> next =
        Map.of(
            List.of(), Map.of(A, 1.0),
            List.of(A), Map.of(B, 1.0),
            List.of(A, B), Map.of(A, 1.0));

    List<Hypothesis> found = search(1, 1, 0, 5).decode(new Table(next), TokenBias.NONE, 2);

    assertThat(tokens(found)).containsExactly(List.of(A, B));
  }

  @Test
  void addsTheBiasByStateAndTakesBackWhatWasNotFinished() throws OrtException {
    Map<List<Integer>, Map<Integer, Double>> next =
        Map.of(
            List.of(), Map.of(A, 0.9, B, 0.1),
            List.of(B), Map.of(A, 0.5, B, 0.3, END, 0.2));
    // The phrase B A: 2 for each token, given back where only B was said.
    TokenBias phrase =
        new TokenBias() {
          @Override
          public int start() {
            return 0;
          }

          @Override
          public void add(int state, float[] scores) {
            if (state == 0) {
              scores[B] += 2;
            } else if (state == 1) {
              for (int token = 0; token < scores.length; token++) {
                scores[token] += token == A ? 2 : -2;
              }
            }
          }

          @Override
          public int advance(int state, int token) {
            return state == 0 && token == B ? 1 : state == 1 && token == A ? 2 : 0;
          }

          @Override
          public double finish(int state) {
            return state == 1 ? -2 : 0;
          }
        };

    List<Hypothesis> found = decode(search(4, 1, 0, 100), next, phrase);

    assertThat(found.get(0).tokens()).containsExactly(B, A);
    assertThat(found.get(0).bias()).isEqualTo(4);
    assertThat(found.get(0).score()).isCloseTo(Math.log(0.05), within(1e-3));
    assertThat(found.stream().filter(one -> one.tokens().equals(List.of(B))).findFirst())
        .hasValueSatisfying(one -> assertThat(one.bias()).isZero());
    assertThat(found.stream().filter(one -> one.tokens().equals(List.of(B, B))).findFirst())
        .hasValueSatisfying(one -> assertThat(one.bias()).isZero());
  }
}
