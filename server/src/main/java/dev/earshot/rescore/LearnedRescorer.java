package dev.earshot.rescore;

import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.pronunciation.Pronouncer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Rescoring by a {@link Scorer} that was trained on what recognisers do. Every change competes with
 * leaving the recogniser's best as it is, which wins unless a change is likely enough to be right.
 */
public final class LearnedRescorer implements Rescorer {
  private static final int MOST_REPAIRS = 8;

  private final Pronouncer pronouncer;
  private final Scorer scorer;

  /** Buffers of calls that are over. */
  private final ConcurrentLinkedQueue<CandidateFinder> finders = new ConcurrentLinkedQueue<>();

  private LearnedRescorer(Pronouncer pronouncer, Scorer scorer) {
    this.pronouncer = pronouncer;
    this.scorer = scorer;
  }

  /**
   * Reads the scorer's weights.
   *
   * @param weights the bytes of the bias bundle's file
   * @throws IOException if they are not those of a scorer of this server's features
   */
  public static LearnedRescorer read(byte[] weights, Pronouncer pronouncer) throws IOException {
    return new LearnedRescorer(pronouncer, Scorer.read(weights));
  }

  /** One that leaves everything as it is, but can say what there would be to weigh. */
  public static LearnedRescorer untrained(Pronouncer pronouncer) {
    return new LearnedRescorer(pronouncer, Scorer.NONE);
  }

  /** The names of a proposal's features, in their order. */
  public static List<String> featureNames() {
    return Arrays.stream(Feature.values()).map(Feature::key).toList();
  }

  /**
   * What there is to weigh for an n-best, for those who train a scorer or want to see why.
   *
   * @return in no order
   */
  public List<Proposal> proposals(NBest nBest, PreparedPhrases phrases, ContextMatch context) {
    PhraseTable table = (PhraseTable) phrases;
    List<HypothesisText> texts = texts(nBest, table);
    double[] scores = Scores.of(nBest);
    List<Proposal> proposals = new ArrayList<>();
    for (Candidate candidate : candidates(texts, scores, Scores.best(scores), table, context)) {
      HypothesisText text = texts.get(candidate.hypothesis());
      List<Weighed> alone = List.of(new Weighed(candidate, 0));
      proposals.add(
          new Proposal(
              apply(text.text(), repairs(text, table, alone)),
              candidate.hypothesis(),
              candidate.firstWord(),
              candidate.lastWord(),
              candidate.isExact(),
              candidate.features()));
    }
    return proposals;
  }

  private static List<HypothesisText> texts(NBest nBest, PhraseTable table) {
    return nBest.hypotheses().stream().map(heard -> table.read(heard.text())).toList();
  }

  @Override
  public PreparedPhrases prepare(List<BiasPhrase> phrases) {
    return new PhraseTable(phrases);
  }

  @Override
  public Rescored rescore(
      NBest nBest, PreparedPhrases phrases, ContextMatch context, RescoreMode mode) {
    PhraseTable table = (PhraseTable) phrases;
    List<HypothesisText> texts = texts(nBest, table);
    double[] scores = Scores.of(nBest);
    int best = Scores.best(scores);
    List<Candidate> candidates = candidates(texts, scores, best, table, context);
    List<Weighed> taken = choose(candidates, texts, table, mode);
    return answer(nBest, texts, scores, best, table, taken);
  }

  /** A candidate with the probability that it is an improvement. */
  private record Weighed(Candidate candidate, double probability) {}

  private List<Candidate> candidates(
      List<HypothesisText> texts,
      double[] scores,
      int best,
      PhraseTable table,
      ContextMatch context) {
    CandidateFinder finder = finders.poll();
    if (finder == null) {
      finder = new CandidateFinder(pronouncer);
    }
    try {
      return finder.find(texts, scores, best, table, context);
    } finally {
      finders.add(finder);
    }
  }

  /** The likeliest improvement, and what else improves the same hypothesis beside it. */
  private List<Weighed> choose(
      List<Candidate> candidates, List<HypothesisText> texts, PhraseTable table, RescoreMode mode) {
    List<Weighed> likely = new ArrayList<>();
    for (Candidate candidate : candidates) {
      if (candidate.isExact() || mode == RescoreMode.REPAIR) {
        boolean stated = table.phrase(candidate.phrase()).source() == PhraseSource.REQUEST;
        Scorer.Network network = scorer.of(texts.size(), stated);
        double probability = network.probability(candidate.features());
        int words = texts.get(candidate.hypothesis()).size();
        if (probability >= network.threshold(table.size(), stated, words)) {
          likely.add(new Weighed(candidate, probability));
        }
      }
    }
    likely.sort(Comparator.comparingDouble(Weighed::probability).reversed());
    List<Weighed> taken = new ArrayList<>();
    for (Weighed weighed : likely) {
      Candidate candidate = weighed.candidate;
      boolean fits = taken.size() < MOST_REPAIRS;
      for (Weighed other : taken) {
        fits &=
            candidate.hypothesis() == other.candidate.hypothesis()
                && !candidate.overlaps(other.candidate);
      }
      if (fits) {
        taken.add(weighed);
      }
    }
    return taken;
  }

  private static Rescored answer(
      NBest nBest,
      List<HypothesisText> texts,
      double[] scores,
      int best,
      PhraseTable table,
      List<Weighed> taken) {
    List<Integer> order = Scores.order(scores);
    List<Rescored.Hypothesis> answers = new ArrayList<>(order.size());
    double lead = 0;
    int first = best;
    if (!taken.isEmpty()) {
      first = taken.get(0).candidate.hypothesis();
      double odds = taken.get(0).probability / Math.max(1e-6, 1 - taken.get(0).probability);
      lead = Math.max(0, scores[best] - scores[first]) + Math.log1p(odds);
      List<Rescored.Repair> repairs = repairs(texts.get(first), table, taken);
      String text = apply(texts.get(first).text(), repairs);
      answers.add(
          new Rescored.Hypothesis(text, reported(nBest, scores[first] + lead), first, repairs));
    }
    for (int index : order) {
      if (index != first || taken.isEmpty()) {
        String text = nBest.hypotheses().get(index).text();
        // What became the text of another is left out; what was said twice stays.
        if (taken.isEmpty()
            || !text.equals(answers.get(0).text())
            || answers.get(0).repairs().isEmpty()) {
          answers.add(
              new Rescored.Hypothesis(text, reported(nBest, scores[index]), index, List.of()));
        }
      }
    }
    boolean changed = !answers.get(0).text().equals(nBest.hypotheses().get(best).text());
    return new Rescored(answers, changed);
  }

  private static double reported(NBest nBest, double score) {
    return Scores.areStated(nBest) ? score : Double.NaN;
  }

  private static List<Rescored.Repair> repairs(
      HypothesisText text, PhraseTable table, List<Weighed> taken) {
    List<Rescored.Repair> repairs = new ArrayList<>();
    for (Weighed weighed : taken) {
      Candidate candidate = weighed.candidate;
      if (!candidate.isExact()) {
        int start = text.start(candidate.firstWord());
        int end = text.end(candidate.lastWord() - 1);
        repairs.add(
            new Rescored.Repair(
                text.codePointOf(start),
                text.codePointOf(end),
                text.text().substring(start, end),
                table.phrase(candidate.phrase()).display(),
                weighed.probability));
      }
    }
    repairs.sort(Comparator.comparingInt(Rescored.Repair::start));
    return repairs;
  }

  private static String apply(String text, List<Rescored.Repair> repairs) {
    StringBuilder repaired = new StringBuilder(text.length() + 16);
    int at = 0;
    for (Rescored.Repair repair : repairs) {
      int start = text.offsetByCodePoints(0, repair.start());
      repaired.append(text, at, start).append(repair.phrase());
      at = text.offsetByCodePoints(0, repair.end());
    }
    return repaired.append(text, at, text.length()).toString();
  }
}
