package dev.earshot.perf.asr;

import ai.onnxruntime.OrtException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Beam search over tokens (Lowerre, The Harpy speech recognition system, 1976): at each step the
 * best {@code width} continuations of all hypotheses live on. A hypothesis that ends leaves the
 * beam; the search is over when nothing alive can come before the worst of the {@code width} best
 * that have ended. The end of the sequence is forbidden at the first step: a recogniser that is
 * unsure would answer with nothing.
 *
 * <p>The sum of log-probabilities favours hypotheses that break off, the more so the less is
 * understood (Murray and Chiang, Correcting length bias in neural machine translation, 2018;
 * arXiv:1808.10006): each token is rewarded. What lives and could come before the worst that has
 * ended by one more reward at most is not pursued.
 *
 * <p>No three tokens are said twice: in noise an attention decoder repeats itself.
 *
 * <p>A recogniser that writes case and punctuation spends its beam on one sentence written in
 * several ways. Of the hypotheses that {@link Spelling} takes for the same words, only the best
 * {@code variants} live on. Thread-safe.
 */
final class BeamSearch {
  /** A logit so far below the greatest adds less than 1e-4 in all to the sum of exponentials. */
  private static final float NEGLIGIBLE = 20;

  private final int width;
  private final int variants;
  private final double lengthReward;
  private final double margin;
  private final int startToken;
  private final int endToken;
  private final boolean[] forbidden;
  private final Spelling spelling;

  /** Which hypotheses are the same words: those of equal keys. */
  interface Spelling {
    /** The key of a hypothesis that is longer by a token; 0 is that of the empty one. */
    long extend(long key, int token);
  }

  /**
   * Makes a search.
   *
   * @param width how many hypotheses live
   * @param variants how many of the same words
   * @param lengthReward what each token adds to the score
   * @param margin how far below the best hypothesis one may be, alive or ended
   * @param forbidden by token id, true of those that are never chosen
   */
  BeamSearch(
      int width,
      int variants,
      double lengthReward,
      double margin,
      int startToken,
      int endToken,
      boolean[] forbidden,
      Spelling spelling) {
    if (width < 1 || variants < 1) {
      throw new IllegalArgumentException(
          "width: " + width + ", variants: " + variants + " (expected: each >= 1)");
    }
    this.width = width;
    this.variants = variants;
    this.lengthReward = lengthReward;
    this.margin = margin;
    this.startToken = startToken;
    this.endToken = endToken;
    this.forbidden = forbidden.clone();
    this.spelling = spelling;
  }

  /** How many hypotheses live at most. */
  int width() {
    return width;
  }

  /** Tokens, the last first. */
  private record Link(@Nullable Link previous, int token) {}

  private record Beam(Link link, double score, double bias, int state, long key) {
    double total() {
      return score + bias;
    }
  }

  private record Candidate(int row, int token, double score, double bias) {
    double total() {
      return score + bias;
    }
  }

  /**
   * Decodes.
   *
   * @param maxTokens of a hypothesis; those that have not ended by then end there if none that has
   *     ended is within the margin
   * @return hypotheses that ended, best total first; at most {@code width}, at least one
   */
  List<Hypothesis> decode(TokenDecoder decoder, TokenBias bias, int maxTokens) throws OrtException {
    if (maxTokens < 1) {
      throw new IllegalArgumentException("maxTokens: " + maxTokens + " (expected: >= 1)");
    }
    List<Beam> alive = List.of(new Beam(new Link(null, startToken), 0, 0, bias.start(), 0));
    Ended ended = new Ended(width);
    int[] parents = {0};
    float[] added = new float[forbidden.length];
    for (int step = 0; step < maxTokens && !alive.isEmpty(); step++) {
      int[] tokens = alive.stream().mapToInt(beam -> beam.link.token).toArray();
      float[][] logits = decoder.step(parents, tokens);
      List<Candidate> candidates = best(alive, logits, bias, added, step == 0, ended);
      List<Beam> next = new ArrayList<>(width);
      List<Integer> rows = new ArrayList<>(width);
      Map<Long, Integer> same = new HashMap<>();
      for (Candidate candidate : candidates) {
        Beam from = alive.get(candidate.row);
        long key = spelling.extend(from.key, candidate.token);
        if (next.size() == width) {
          break;
        }
        if (repeats(from.link, candidate.token) || same.merge(key, 1, Integer::sum) > variants) {
          continue;
        }
        next.add(
            new Beam(
                new Link(from.link, candidate.token),
                candidate.score,
                candidate.bias,
                bias.advance(from.state, candidate.token),
                key));
        rows.add(candidate.row);
      }
      double floor = ended.floor();
      if (!next.isEmpty()) {
        floor = Math.max(floor, Math.max(next.get(0).total(), ended.best()) - margin);
      }
      int living = next.size();
      while (living > 0 && next.get(living - 1).total() + lengthReward <= floor) {
        living--;
      }
      alive = next.subList(0, living);
      parents = rows.subList(0, living).stream().mapToInt(Integer::intValue).toArray();
    }
    if (!alive.isEmpty() && alive.get(0).total() - margin > ended.best()) {
      for (Beam beam : alive) {
        ended.add(beam, beam.score, beam.bias + bias.finish(beam.state));
      }
    }
    return ended.bestFirst(margin);
  }

  /** Whether three tokens would be said that were said before: a loop, into which noise leads. */
  private static boolean repeats(Link link, int token) {
    Link before = link.previous;
    if (before == null) {
      return false;
    }
    Link third = link;
    for (Link second = before; second.previous != null; second = second.previous) {
      if (third.token == token
          && second.token == link.token
          && second.previous.token == before.token) {
        return true;
      }
      third = second;
    }
    return false;
  }

  /** Ends what may end, and finds the best continuations, more than may live, best first. */
  private List<Candidate> best(
      List<Beam> alive,
      float[][] logits,
      TokenBias bias,
      float[] added,
      boolean first,
      Ended ended) {
    int kept = 4 * width * variants;
    PriorityQueue<Candidate> best =
        new PriorityQueue<>(kept + 1, Comparator.comparingDouble(Candidate::total));
    for (int row = 0; row < alive.size(); row++) {
      Beam beam = alive.get(row);
      float[] scores = logits[row];
      double normaliser = logSumExp(scores);
      Arrays.fill(added, 0);
      bias.add(beam.state, added);
      double offset = beam.total() - normaliser + lengthReward;
      double needed = best.size() < kept ? Double.NEGATIVE_INFINITY : best.peek().total() - offset;
      for (int token = 0; token < scores.length; token++) {
        if (scores[token] + added[token] > needed && token != endToken && !forbidden[token]) {
          best.add(
              new Candidate(
                  row,
                  token,
                  beam.score + scores[token] - normaliser + lengthReward,
                  beam.bias + added[token]));
          if (best.size() > kept) {
            best.poll();
          }
          needed = best.size() < kept ? Double.NEGATIVE_INFINITY : best.peek().total() - offset;
        }
      }
      if (!first) {
        ended.add(
            beam, beam.score + scores[endToken] - normaliser, beam.bias + bias.finish(beam.state));
      }
    }
    List<Candidate> sorted = new ArrayList<>(best);
    sorted.sort(Comparator.comparingDouble(Candidate::total).reversed());
    return sorted;
  }

  /** The best hypotheses that ended, one for the same words. */
  private static final class Ended {
    private final int width;
    private final Map<Long, Hypothesis> byKey = new HashMap<>();

    Ended(int width) {
      this.width = width;
    }

    /** What a hypothesis must surpass to be kept. */
    double floor() {
      if (byKey.size() < width) {
        return Double.NEGATIVE_INFINITY;
      }
      return byKey.values().stream().mapToDouble(Hypothesis::total).min().orElseThrow();
    }

    void add(Beam beam, double score, double bias) {
      double total = score + bias;
      Hypothesis same = byKey.get(beam.key);
      if (total <= (same == null ? floor() : same.total())) {
        return;
      }
      List<Integer> tokens = new ArrayList<>();
      for (Link link = beam.link; link.previous != null; link = link.previous) {
        tokens.add(0, link.token);
      }
      byKey.put(beam.key, new Hypothesis(tokens, score, bias));
      if (byKey.size() > width) {
        double floor = byKey.values().stream().mapToDouble(Hypothesis::total).min().orElseThrow();
        byKey.values().removeIf(hypothesis -> hypothesis.total() == floor);
      }
    }

    double best() {
      return byKey.values().stream()
          .mapToDouble(Hypothesis::total)
          .max()
          .orElse(Double.NEGATIVE_INFINITY);
    }

    /** Those within the margin. */
    List<Hypothesis> bestFirst(double margin) {
      double floor = best() - margin;
      return byKey.values().stream()
          .filter(hypothesis -> hypothesis.total() >= floor)
          .sorted(
              Comparator.comparingDouble(Hypothesis::total)
                  .reversed()
                  .thenComparing(hypothesis -> hypothesis.tokens().toString()))
          .toList();
    }
  }

  private static double logSumExp(float[] scores) {
    float max = Float.NEGATIVE_INFINITY;
    for (float score : scores) {
      if (score > max) {
        max = score;
      }
    }
    double sum = 0;
    for (float score : scores) {
      if (max - score < NEGLIGIBLE) {
        sum += Math.exp(score - max);
      }
    }
    return max + Math.log(sum);
  }
}
