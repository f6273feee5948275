package dev.earshot.perf.asr;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/** Files of turns, JSON lines: {@code turns.train.jsonl} and so on. */
final class TurnFile {
  private TurnFile() {}

  static Path in(Path folder, Split split) {
    return folder.resolve("turns." + split.label() + ".jsonl");
  }

  /** Writes a split's turns; the file is whole or not there. */
  static void write(Path file, List<Turn> turns) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (BufferedWriter writer = Files.newBufferedWriter(part)) {
      for (Turn turn : turns) {
        writer.write(mapper.writeValueAsString(turn));
        writer.write('\n');
      }
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
  }

  static List<Turn> read(Path file) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<Turn> turns = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        turns.add(mapper.readValue(line, Turn.class));
      }
    }
    return turns;
  }
}
