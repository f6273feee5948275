package dev.earshot.perf;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where results go: printed for people or as JSON, and kept as files for {@code bench report}. */
final class Results {
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Results() {}

  /**
   * Prints a result, and writes it where that is asked for.
   *
   * @param folder for {@code NAME.json} and {@code NAME.md}; null: none
   */
  static void publish(
      PrintWriter out, boolean json, @Nullable Path folder, String name, Object data, String text)
      throws IOException {
    String bytes = JSON.writeValueAsString(data) + "\n";
    if (folder != null) {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve(name + ".json"), bytes);
      Files.writeString(folder.resolve(name + ".md"), text);
    }
    out.print(json ? bytes : text);
    out.flush();
  }
}
