package dev.earshot.app.eval;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads files of one JSON object a line, compressed if they are named {@code .gz}. */
final class JsonLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private JsonLines() {}

  /** A line of a file. */
  record Line(Path file, int number, JsonNode fields) {
    /** A text that must be there. */
    String text(String field) {
      JsonNode value = fields.get(field);
      if (value == null || !value.isTextual() || value.textValue().isBlank()) {
        throw new EvalDataException(
            "%s:%d: %s: missing or blank (expected: a text)".formatted(file, number, field));
      }
      return value.textValue();
    }

    /** A text, or empty where it is missing or null. */
    String textOrEmpty(String field) {
      return fields.hasNonNull(field) ? text(field) : "";
    }
  }

  /**
   * Hands over each line that is not blank.
   *
   * @throws EvalDataException if the file is missing, damaged, or a line is no JSON object
   */
  static void read(Path file, Consumer<Line> consumer) {
    int number = 0;
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(open(file), StandardCharsets.UTF_8))) {
      String line;
      while ((line = reader.readLine()) != null) {
        number++;
        if (!line.isBlank()) {
          consumer.accept(new Line(file, number, parse(file, number, line)));
        }
      }
    } catch (NoSuchFileException e) {
      throw new EvalDataException(file + ": no such file", e);
    } catch (EOFException | ZipException e) {
      throw new EvalDataException(
          "%s: damaged after line %d (expected: gzip)".formatted(file, number), e);
    } catch (IOException e) {
      throw new EvalDataException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static InputStream open(Path file) throws IOException {
    InputStream in = Files.newInputStream(file);
    if (!file.toString().endsWith(".gz")) {
      return in;
    }
    try {
      return new GZIPInputStream(in, 1 << 16);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private static JsonNode parse(Path file, int number, String line) {
    JsonNode fields;
    try {
      fields = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      // The parser's own message may quote the line, which is what somebody said.
      throw new EvalDataException(
          "%s:%d: no JSON (expected: an object)".formatted(file, number), e);
    }
    if (!fields.isObject()) {
      throw new EvalDataException("%s:%d: no object (expected: one)".formatted(file, number));
    }
    return fields;
  }
}
