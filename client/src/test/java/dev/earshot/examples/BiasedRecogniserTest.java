package dev.earshot.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.client.BiasPhrase;
import dev.earshot.client.graph.BiasGraph;
import dev.earshot.examples.BiasedRecogniser.Path;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BiasedRecogniserTest {
  private static final java.nio.file.Path MODULE =
      java.nio.file.Path.of(System.getProperty("earshot.home", ".."), "client");
  private static final List<String> VOCABULARY = List.of("call", "meg", "power", "bauer");

  /** "call meg power" is a little likelier than "call meg bauer". */
  private static final float[][] LOG_PROBABILITIES = {
    {-0.1f, -4, -4, -4}, {-4, -0.1f, -4, -4}, {-4, -4, -0.5f, -1.5f}
  };

  @Test
  void hearsWhatItFavours() {
    assertThat(heard(List.of())).isEqualTo("call meg power");
    assertThat(heard(List.of(BiasPhrase.of("meg bauer", 4)))).isEqualTo("call meg bauer");
    assertThat(heard(List.of(BiasPhrase.of("bauer", 0.9)))).isEqualTo("call meg power");
  }

  @Test
  void isWhatTheReadmeShows() throws IOException {
    String readme = Files.readString(MODULE.resolve("README.md"));
    String section = readme.substring(readme.indexOf("## Biasing a recogniser"));
    String source =
        Files.readString(
            MODULE.resolve("src/test/java/dev/earshot/examples/BiasedRecogniser.java"));
    Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(section);
    int blocks = 0;
    while (block.find()) {
      assertThat(source).contains(block.group(1));
      blocks++;
    }
    assertThat(blocks).isEqualTo(3);
  }

  private static String heard(List<BiasPhrase> phrases) {
    BiasGraph graph =
        BiasedRecogniser.compile(
            phrases,
            text -> Arrays.stream(text.split(" ")).mapToInt(VOCABULARY::indexOf).toArray());
    List<Path> paths = BiasedRecogniser.decode(LOG_PROBABILITIES, graph, 1, 3);
    return String.join(" ", paths.get(0).tokens().stream().map(VOCABULARY::get).toList());
  }
}
