package dev.earshot.perf.asr;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * The public texts that scenarios are made from.
 *
 * @param followups turns of real dialogues in which the user repeats something from the reply
 * @param entities names by type, of SLURP
 * @param snips requests of SNIPS: those of its training set and of its development set
 * @param slurp requests of SLURP's development set
 * @param recordings what people say in sound files, by file
 */
record SourceTexts(
    List<Followup> followups,
    Map<String, List<String>> entities,
    List<String> snips,
    List<String> snipsDev,
    List<String> slurp,
    Map<Path, String> recordings) {

  /** A turn of a dialogue. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Followup(
      String dialogue,
      @JsonProperty("previous_utterance") String previousUtterance,
      String reply,
      @JsonProperty("reply_entities") List<String> replyEntities,
      String reference,
      @JsonProperty("entities_said") List<String> entitiesSaid) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Entities(String type, List<String> values) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Sentence(String reference) {}

  /**
   * Reads.
   *
   * @param data the folder with {@code followups.train.jsonl.gz} and the others
   * @param sounds folder of the sound files
   * @param soundTexts lines {@code NAME: TEXT}; what stands in brackets is not said
   */
  static SourceTexts read(Path data, Path sounds, Path soundTexts) throws IOException {
    List<Followup> followups =
        new ArrayList<>(rows(data.resolve("followups.train.jsonl.gz"), Followup.class));
    followups.addAll(rows(data.resolve("followups.dev.jsonl.gz"), Followup.class));
    Map<String, List<String>> entities = new LinkedHashMap<>();
    for (Entities row : rows(data.resolve("slurp.entities.jsonl"), Entities.class)) {
      entities.put(row.type, row.values);
    }
    return new SourceTexts(
        followups,
        entities,
        sentences(data.resolve("snips_tts.train.jsonl.gz")),
        sentences(data.resolve("snips_tts.dev.jsonl.gz")),
        sentences(data.resolve("slurp.dev.jsonl.gz")),
        recordings(sounds, soundTexts));
  }

  private static List<String> sentences(Path file) throws IOException {
    return rows(file, Sentence.class).stream()
        .map(Sentence::reference)
        .filter(reference -> !reference.contains("<unk>"))
        .distinct()
        .toList();
  }

  private static <T> List<T> rows(Path file, Class<T> type) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    List<T> rows = new ArrayList<>();
    try (BufferedReader reader = reader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        rows.add(mapper.readValue(line, type));
      }
    }
    return rows;
  }

  private static Map<Path, String> recordings(Path sounds, Path texts) throws IOException {
    Map<Path, String> recordings = new LinkedHashMap<>();
    try (BufferedReader reader = reader(texts)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        int colon = line.indexOf(':');
        if (line.startsWith(";") || colon < 0) {
          continue;
        }
        Path file = sounds.resolve(line.substring(0, colon).strip() + ".wav");
        String text = line.substring(colon + 1).replaceAll("[\\[(<].*?[\\])>]", " ").strip();
        if (Files.isRegularFile(file) && !text.isEmpty()) {
          recordings.put(file, text);
        }
      }
    }
    return recordings;
  }

  private static BufferedReader reader(Path file) throws IOException {
    InputStream stream = Files.newInputStream(file);
    return new BufferedReader(
        new InputStreamReader(
            file.toString().endsWith(".gz") ? new GZIPInputStream(stream) : stream,
            StandardCharsets.UTF_8));
  }
}
