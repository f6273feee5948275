package dev.earshot.perf.asr;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file of n-best lists, JSON lines, which is added to. A line that a killed process left
 * unfinished is cut off when the file is opened again.
 */
final class NBestFile implements AutoCloseable {
  /**
   * A hypothesis in spoken form.
   *
   * @param score see {@link Hypothesis#score}
   * @param tokens their number, without the end of the sequence
   * @param bias see {@link Hypothesis#bias}
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Entry(String text, double score, int tokens, double bias) {}

  /** What the recogniser understood of a turn, best first. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record NBest(String turn, String decoder, List<Entry> nbest) {
    NBest {
      nbest = List.copyOf(nbest);
    }
  }

  private final ObjectMapper mapper = new ObjectMapper();
  private final Map<String, NBest> done = new LinkedHashMap<>();
  private final OutputStream out;

  /**
   * Opens a file, which need not exist.
   *
   * @throws IOException if a whole line is no n-best list
   */
  NBestFile(Path file) throws IOException {
    long whole = Files.exists(file) ? read(file, done) : 0;
    Files.createDirectories(file.toAbsolutePath().getParent());
    try (var channel =
        Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.truncate(whole);
    }
    this.out = Files.newOutputStream(file, StandardOpenOption.APPEND);
  }

  /** The lists of a file that may be written at this moment. */
  static List<NBest> read(Path file) throws IOException {
    Map<String, NBest> lists = new LinkedHashMap<>();
    read(file, lists);
    return new ArrayList<>(lists.values());
  }

  /** Reads the whole lines and returns how many bytes they are. */
  private static long read(Path file, Map<String, NBest> lists) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    byte[] bytes = Files.readAllBytes(file);
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\n') {
        String line = new String(bytes, from, i - from, StandardCharsets.UTF_8);
        try {
          NBest nbest = mapper.readValue(line, NBest.class);
          lists.put(nbest.turn, nbest);
        } catch (JsonProcessingException e) {
          throw new IOException(file + ": byte " + from + " begins no n-best list", e);
        }
        from = i + 1;
      }
    }
    return from;
  }

  boolean contains(String turn) {
    return done.containsKey(turn);
  }

  /** Adds a list, which is in the file when this returns. */
  void add(NBest nbest) throws IOException {
    out.write((mapper.writeValueAsString(nbest) + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
    done.put(nbest.turn, nbest);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
