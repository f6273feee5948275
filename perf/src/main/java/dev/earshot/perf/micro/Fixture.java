package dev.earshot.perf.micro;

import dev.earshot.model.EnabledSkills;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.Search;
import dev.earshot.model.Workspace.WeightedTexts;
import dev.earshot.perf.Bundles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * A loaded bundle with texts and users: the same for every benchmark, so that their times compare.
 */
final class Fixture implements AutoCloseable {
  /** How many users take turns. */
  static final int USERS = 16;

  /** Users have 4 to 16 enabled skills, 10 on average. */
  private static final int FEWEST_ENABLED = 4;

  private static final int MOST_ENABLED = 16;

  private final Path directory;
  private final OnnxShortlistModel model;
  private final List<String> utterances;
  private final List<WeightedTexts> texts;
  private final List<EnabledSkills> users;

  private Fixture(Path directory, OnnxShortlistModel model) {
    this.directory = directory;
    this.model = model;
    utterances = SampleUtterances.read();
    texts =
        utterances.stream()
            .map(utterance -> WeightedTexts.of(model.tokenizer().tokenize(utterance)))
            .toList();
    Random random = new Random(1);
    users =
        IntStream.range(0, USERS)
            .mapToObj(user ->
                model.enabledSkills(
                    random
                        .ints(0, model.skills().size())
                        .distinct()
                        .limit(random.nextInt(FEWEST_ENABLED, MOST_ENABLED + 1))
                        .sorted()
                        .toArray()))
            .toList();
  }

  /**
   * Loads the measured bundle.
   *
   * @param skills how many it shall have; 0: as many as it has
   */
  static Fixture load(int skills, int batchMax) throws Exception {
    return load(skills, batchMax, Search.AUTO);
  }

  /** The same, its skills found in a certain way. */
  static Fixture load(int skills, int batchMax, Search search) throws Exception {
    Path directory = Bundles.measured(skills);
    return new Fixture(
        directory,
        OnnxShortlistModel.load(
            directory, OnnxRuntime.start(ExecutionProvider.CPU), batchMax, search));
  }

  Path directory() {
    return directory;
  }

  OnnxShortlistModel model() {
    return model;
  }

  List<String> utterances() {
    return utterances;
  }

  List<WeightedTexts> texts() {
    return texts;
  }

  List<EnabledSkills> users() {
    return users;
  }

  /** Batches of a size, cut from the elements as they come round. */
  static <T> List<List<T>> batches(List<T> elements, int size) {
    List<List<T>> batches = new ArrayList<>();
    for (int first = 0; first < elements.size(); first++) {
      List<T> rotated = new ArrayList<>(elements);
      Collections.rotate(rotated, -first);
      batches.add(IntStream.range(0, size).mapToObj(i -> rotated.get(i % rotated.size())).toList());
    }
    return batches;
  }

  @Override
  public void close() {
    model.close();
  }
}
