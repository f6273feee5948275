package dev.earshot.app.eval;

import dev.earshot.app.eval.BiasReport.Group;
import dev.earshot.app.eval.BiasReport.Removed;
import dev.earshot.app.eval.BiasReport.Rival;
import dev.earshot.model.ContextEncoder;
import dev.earshot.model.ContextText;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.pronunciation.Pronouncer;
import dev.earshot.rescore.ContextMatch;
import dev.earshot.rescore.LearnedRescorer;
import dev.earshot.rescore.NBest;
import dev.earshot.rescore.Proposal;
import dev.earshot.rescore.RescoreMode;
import dev.earshot.rescore.Rescored;
import dev.earshot.rescore.Rescorer.PreparedPhrases;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Replays recorded turns through rescoring and counts word errors before and after. */
final class BiasEvaluation {
  private static final int DRAWS = 1_000;
  private static final List<String> RIVALS = List.of("distance", "spelling");
  private static final String UNRELATED = "unrelated";

  /** What {@link #compare} compares, in its order. */
  static final List<String> WAYS = List.of("rescored", "in-beam", "in-beam and rescored");

  private final Function<BiasTurn, LearnedRescorer> rescorers;
  private final Optional<Pronouncer> pronouncer;
  private final Optional<ContextEncoder> encoder;

  /**
   * @param rescorers the one for a turn: in cross-fitting, one that has not seen its cluster
   * @param pronouncer empty: phrases are compared by their letters
   * @param encoder empty: without the context vector
   */
  BiasEvaluation(
      Function<BiasTurn, LearnedRescorer> rescorers,
      Optional<Pronouncer> pronouncer,
      Optional<ContextEncoder> encoder) {
    this.rescorers = rescorers;
    this.pronouncer = pronouncer;
    this.encoder = encoder;
  }

  /** A turn with what there is to weigh. */
  record Replayed(
      BiasTurn turn, int errors, int missed, Rescored rescored, List<Proposal> proposals) {
    List<String> after() {
      return WordErrors.words(rescored.hypotheses().get(0).text());
    }
  }

  /** What became of a turn, and the nearest repair for each rival. */
  private record Outcome(
      BiasTurn turn,
      int before,
      int after,
      int missedBefore,
      int missedAfter,
      List<Nearest> nearest) {}

  /** The nearest span and phrase, and how many errors more there are if it is replaced. */
  private record Nearest(float distance, int change) {}

  /** Replays one turn. */
  Replayed replay(BiasTurn turn) {
    LearnedRescorer rescorer = rescorers.apply(turn);
    List<BiasPhrase> spoken = new ArrayList<>(turn.phrases().size());
    for (BiasPhrase phrase : turn.phrases()) {
      spoken.add(
          pronouncer
              .map(of -> phrase.withPronunciations(of.pronounce(phrase.text())))
              .orElse(phrase));
    }
    PreparedPhrases prepared = rescorer.prepare(spoken);
    ContextMatch context = match(turn);
    Rescored rescored = rescorer.rescore(turn.nBest(), prepared, context, RescoreMode.REPAIR);
    List<Proposal> proposals = rescorer.proposals(turn.nBest(), prepared, context);
    List<String> best = WordErrors.words(best(turn.nBest()));
    return new Replayed(
        turn, WordErrors.between(turn.reference(), best), missed(turn, best), rescored, proposals);
  }

  private ContextMatch match(BiasTurn turn) {
    if (encoder.isEmpty() || turn.context().isEmpty()) {
      return ContextMatch.UNKNOWN;
    }
    ContextEncoder of = encoder.get();
    List<ContextText> texts = turn.context();
    return ContextMatch.of(
        of.match(
            of.encode(texts.subList(0, Math.min(texts.size(), of.maxItems()))),
            turn.nBest().hypotheses().stream().map(NBest.Hypothesis::text).toList()));
  }

  /** The recogniser's own best. */
  static String best(NBest nBest) {
    NBest.Hypothesis best = nBest.hypotheses().get(0);
    for (NBest.Hypothesis hypothesis : nBest.hypotheses()) {
      if (hypothesis.score() > best.score()) {
        best = hypothesis;
      }
    }
    return best.text();
  }

  static int missed(BiasTurn turn, List<String> words) {
    int missed = 0;
    for (List<String> sought : turn.sought()) {
      missed += WordErrors.holdsInOrder(words, sought) ? 0 : 1;
    }
    return missed;
  }

  /**
   * Replays all turns.
   *
   * @param set their name
   * @param seed of the intervals
   */
  BiasReport run(String set, List<BiasTurn> turns, long seed, EvalProgress progress) {
    progress.begin(set, turns.size());
    int[] places = RIVALS.stream().mapToInt(LearnedRescorer.featureNames()::indexOf).toArray();
    List<Outcome> outcomes =
        IntStream.range(0, turns.size())
            .parallel()
            .mapToObj(i -> {
              Outcome outcome = outcome(replay(turns.get(i)), places);
              progress.step();
              return outcome;
            })
            .toList();
    progress.end();
    List<Group> groups = groups(outcomes, seed);
    List<Rival> rivals = new ArrayList<>();
    for (int i = 0; i < RIVALS.size(); i++) {
      rivals.add(rival(i, outcomes, groups));
    }
    return new BiasReport(set, rivals, groups);
  }

  /**
   * Compares what there is without a context to phrases in the beam, rescoring, and both.
   *
   * @param set their name
   * @param turns as the free decoder heard them, whose best all is measured against
   * @param inBeam by the turn's id, the lists of a decoder that was given the turn's phrases
   * @param seed of the intervals
   */
  List<BiasReport> compare(
      String set,
      List<BiasTurn> turns,
      Map<String, NBest> inBeam,
      long seed,
      EvalProgress progress) {
    progress.begin(set, turns.size());
    List<List<Outcome>> ways =
        IntStream.range(0, turns.size())
            .parallel()
            .mapToObj(i -> {
              List<Outcome> outcomes = ways(turns.get(i), inBeam);
              progress.step();
              return outcomes;
            })
            .toList();
    progress.end();
    List<BiasReport> reports = new ArrayList<>();
    for (int way = 0; way < WAYS.size(); way++) {
      int column = way;
      List<Outcome> outcomes = ways.stream().map(all -> all.get(column)).toList();
      List<Group> groups = new ArrayList<>(groups(outcomes, seed));
      List<Outcome> unrelated =
          outcomes.stream().filter(outcome -> outcome.turn.group().startsWith(UNRELATED)).toList();
      if (!unrelated.isEmpty()) {
        groups.add(group(UNRELATED + ", all", unrelated, new Random(seed)));
      }
      reports.add(new BiasReport(set + ", " + WAYS.get(way), List.of(), groups));
    }
    return reports;
  }

  private List<Outcome> ways(BiasTurn turn, Map<String, NBest> inBeam) {
    Replayed free = replay(turn);
    BiasTurn biased = turn.heardAs(Objects.requireNonNull(inBeam.get(turn.id())));
    return List.of(
        outcome(free, free.after()),
        outcome(free, WordErrors.words(best(biased.nBest()))),
        outcome(free, replay(biased).after()));
  }

  private static Outcome outcome(Replayed before, List<String> after) {
    return new Outcome(
        before.turn,
        before.errors,
        WordErrors.between(before.turn.reference(), after),
        before.missed,
        missed(before.turn, after),
        List.of());
  }

  private static List<Group> groups(List<Outcome> outcomes, long seed) {
    return outcomes.stream()
        .map(outcome -> outcome.turn.group())
        .distinct()
        .sorted()
        .map(name -> group(name, ofGroup(outcomes, name), new Random(seed)))
        .toList();
  }

  private static List<Outcome> ofGroup(List<Outcome> outcomes, String name) {
    return outcomes.stream().filter(outcome -> outcome.turn.group().equals(name)).toList();
  }

  private static Outcome outcome(Replayed replayed, int[] places) {
    BiasTurn turn = replayed.turn;
    List<String> after = replayed.after();
    List<Nearest> nearest = new ArrayList<>();
    for (int place : places) {
      Optional<Proposal> found =
          replayed.proposals.stream()
              .filter(proposal -> !proposal.isExact())
              .filter(proposal ->
                  turn.nBest()
                      .hypotheses()
                      .get(proposal.hypothesis())
                      .text()
                      .equals(best(turn.nBest())))
              .min((a, b) -> Float.compare(a.features()[place], b.features()[place]));
      nearest.add(
          found
              .map(proposal ->
                  new Nearest(
                      proposal.features()[place],
                      WordErrors.between(turn.reference(), WordErrors.words(proposal.text()))
                          - replayed.errors))
              .orElse(new Nearest(Float.MAX_VALUE, 0)));
    }
    return new Outcome(
        turn,
        replayed.errors,
        WordErrors.between(turn.reference(), after),
        replayed.missed,
        missed(turn, after),
        nearest);
  }

  private static Group group(String name, List<Outcome> outcomes, Random random) {
    ClusterBootstrap removed = new ClusterBootstrap();
    ClusterBootstrap harmed = new ClusterBootstrap();
    for (Outcome outcome : outcomes) {
      removed.add(outcome.turn.cluster(), outcome.before, outcome.before - outcome.after);
      harmed.add(outcome.turn.cluster(), outcome.after > outcome.before);
    }
    int before = sum(outcomes, Outcome::before);
    int after = sum(outcomes, Outcome::after);
    double turns = outcomes.size();
    return new Group(
        name,
        outcomes.size(),
        sum(outcomes, outcome -> outcome.turn.reference().size()),
        before,
        after,
        before == 0 ? 0 : (before - after) / (double) before,
        removed.interval95(DRAWS, random),
        sum(outcomes, outcome -> outcome.turn.sought().size()),
        sum(outcomes, Outcome::missedBefore),
        sum(outcomes, Outcome::missedAfter),
        sum(outcomes, outcome -> outcome.after > outcome.before ? 1 : 0) / turns,
        harmed.interval95(DRAWS, random),
        sum(outcomes, outcome -> outcome.after < outcome.before ? 1 : 0) / turns);
  }

  private static int sum(List<Outcome> outcomes, ToIntFunction<Outcome> of) {
    return outcomes.stream().mapToInt(of).sum();
  }

  private static Rival rival(int which, List<Outcome> outcomes, List<Group> groups) {
    List<Outcome> judged =
        outcomes.stream().filter(outcome -> outcome.turn.group().contains(UNRELATED)).toList();
    if (judged.isEmpty()) {
      judged = outcomes;
    }
    double allowed =
        sum(judged, outcome -> outcome.after > outcome.before ? 1 : 0) / (double) judged.size();
    float[] distances = new float[judged.size()];
    for (int i = 0; i < distances.length; i++) {
      distances[i] = judged.get(i).nearest.get(which).distance;
    }
    Arrays.sort(distances);
    float limit = -1;
    for (float distance : distances) {
      if (distance <= 1 && harm(judged, which, distance) <= allowed) {
        limit = distance;
      }
    }
    float chosen = limit;
    List<Removed> removed = new ArrayList<>();
    for (Group group : groups) {
      int gained =
          ofGroup(outcomes, group.name()).stream()
              .filter(outcome -> outcome.nearest.get(which).distance <= chosen)
              .mapToInt(outcome -> -outcome.nearest.get(which).change)
              .sum();
      removed.add(new Removed(group.name(), gained / (double) Math.max(1, group.errorsBefore())));
    }
    return new Rival(
        which == 0 ? "phones" : "letters", Math.max(0, limit), harm(judged, which, limit), removed);
  }

  private static double harm(List<Outcome> judged, int which, float limit) {
    return judged.stream()
            .filter(outcome ->
                outcome.nearest.get(which).distance <= limit
                    && outcome.nearest.get(which).change > 0)
            .count()
        / (double) judged.size();
  }
}
