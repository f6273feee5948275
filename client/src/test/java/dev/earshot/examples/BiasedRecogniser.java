package dev.earshot.examples;

import dev.earshot.client.Bias;
import dev.earshot.client.BiasPhrase;
import dev.earshot.client.BiasQuery;
import dev.earshot.client.Biasing;
import dev.earshot.client.ContextItem;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.Event;
import dev.earshot.client.Hypothesis;
import dev.earshot.client.Interactions.Recording;
import dev.earshot.client.NBest;
import dev.earshot.client.export.Export;
import dev.earshot.client.export.GoogleSpeech;
import dev.earshot.client.graph.BiasGraph;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/**
 * A beam search that favours what a user is likely to say next, before and after a server has
 * rescored what it found.
 */
public final class BiasedRecogniser {
  private static final double UNSTATED_BOOST = 3;

  private BiasedRecogniser() {}

  /** A path through the beam: its tokens, their score, and where in the graph they lead. */
  record Path(List<Integer> tokens, double score, int state) {
    Path plus(int token, double tokenScore, int nextState) {
      List<Integer> longer = new ArrayList<>(tokens);
      longer.add(token);
      return new Path(longer, score + tokenScore, nextState);
    }
  }

  /** The phrases in the decoder's tokens. */
  static BiasGraph compile(List<BiasPhrase> phrases, Function<String, int[]> tokenizer) {
    BiasGraph.Builder graph = BiasGraph.builder();
    for (BiasPhrase phrase : phrases) {
      graph.phrase(phrase.boost().orElse(UNSTATED_BOOST), tokenizer.apply(phrase.text()));
    }
    return graph.build();
  }

  /**
   * The best paths.
   *
   * @param logProbabilities [steps][vocabulary], natural logarithms
   */
  static List<Path> decode(float[][] logProbabilities, BiasGraph graph, double weight, int beam) {
    List<Path> paths = List.of(new Path(List.of(), 0, graph.start()));
    for (float[] step : logProbabilities) {
      List<Path> longer = new ArrayList<>();
      for (Path path : paths) {
        float[] scores = step.clone();
        graph.addScores(path.state(), scores, weight);
        for (int token = 0; token < scores.length; token++) {
          longer.add(path.plus(token, scores[token], graph.next(path.state(), token)));
        }
      }
      paths = best(longer, beam);
    }
    return best(
        paths.stream()
            .map(path ->
                new Path(
                    path.tokens(),
                    path.score() + weight * graph.finish(path.state()),
                    path.state()))
            .toList(),
        beam);
  }

  private static List<Path> best(List<Path> paths, int beam) {
    return paths.stream()
        .sorted(Comparator.comparingDouble(Path::score).reversed())
        .limit(beam)
        .toList();
  }

  public static void main(String[] args) {
    String target = args.length > 0 ? args[0] : "localhost:50051";
    try (EarshotClient earshot = EarshotClient.builder(target).build()) {
      earshot.awaitReady(Duration.ofSeconds(5));
      earshot
          .interactions()
          .record(
              Recording.of(
                  "ada",
                  "turn-1",
                  Event.of("e1", Event.SPEAK)
                      .item(ContextItem.of("REPLY", "Do you mean Meg Jones or Meg Bauer?"))
                      .item(ContextItem.of("CONTACT", "Meg Jones"))
                      .item(ContextItem.of("CONTACT", "Meg Bauer")),
                  Event.of("e2", Event.EXPECT_SPEECH)));
      try (Biasing biasing = earshot.openBiasing(now -> show(now.bias()))) {
        Bias atFirst = biasing.open(BiasQuery.interaction("turn-1").user("ada")).bias();
        show(atFirst);

        List<Hypothesis> heard =
            List.of(Hypothesis.of("meg power", -3.1), Hypothesis.of("make power", -3.4));
        Biasing.Answer answer = biasing.rescore(NBest.of(heard).repaired()).join();
        answer.rescored().best().ifPresent(best -> System.out.println(best.text()));
        answer.failure().ifPresent(why -> System.out.println("as heard: " + why.getMessage()));
      }
    }
  }

  private static void show(Bias bias) {
    System.out.println(bias.phrases().size() + " phrases, " + bias.degradation().missing());
    Export<String> hints = GoogleSpeech.phraseSet(bias.phrases(), UNSTATED_BOOST);
    System.out.println(hints.content() + ", left out: " + hints.leftOut().size());
  }
}
