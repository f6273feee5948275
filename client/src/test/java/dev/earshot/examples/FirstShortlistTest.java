package dev.earshot.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class FirstShortlistTest {
  private static final Path MODULE = Path.of(System.getProperty("earshot.home", ".."), "client");

  @Test
  void isWhatTheReadmeShows() throws IOException {
    String readme = Files.readString(MODULE.resolve("README.md"));
    String source =
        Files.readString(MODULE.resolve("src/test/java/dev/earshot/examples/FirstShortlist.java"));
    Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme);
    assertThat(block.find()).isTrue();
    assertThat(source).contains(block.group(1));
  }
}
