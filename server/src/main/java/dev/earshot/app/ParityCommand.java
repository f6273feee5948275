package dev.earshot.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.model.BundleException;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.ExecutionProviderException;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.Tokens;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code earshot eval parity}: proves that answers depend on nothing but the request. */
@Command(
    name = "parity",
    description = {
      "Proves that the server's answers depend on nothing but the request:",
      "each text alone, in every batch size and in every shape bucket gives the same, to the bit;",
      "and, with --predictions, the trainer's own answers by the same int8 graphs are the same.",
      "",
      "The trainer writes its answers by: python -m earshot_training.predict --bundle DIR --data DIR"
          + " --out FILE",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:all answers are the same", "1:some differ", "65:a file cannot be read"})
final class ParityCommand implements Callable<Integer> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TOP = 20;
  private static final int TOP_IN_ORDER = 5;
  private static final double TOLERANCE = 1e-5;
  private static final int MAX_BATCH = 16;
  private static final int MAX_ENABLED_BUCKET = 64;

  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "Folder with dev.jsonl.gz and users.dev.jsonl.gz.")
  private Path data;

  @Option(
      names = "--bundle",
      paramLabel = "DIR",
      description = "The model bundle. Default: the one that Earshot ships.")
  private @Nullable Path bundle;

  @Option(
      names = "--predictions",
      paramLabel = "FILE",
      description = "The trainer's answers to all rows (.jsonl.gz).")
  private @Nullable Path predictions;

  @Option(
      names = "--texts",
      paramLabel = "N",
      defaultValue = "2000",
      description = "How many texts to try in all shapes. Default: ${DEFAULT-VALUE}.")
  private int texts;

  /** A request as the model sees it, without and with its user. */
  private record Row(Tokens tokens, EnabledSkills user) {}

  /** An answer, to the bit. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by content, below.
  private record Answer(int[] rows, float[] logProbabilities, float scopeScore) {
    boolean isSame(Answer other) {
      return Arrays.equals(rows, other.rows)
          && Arrays.equals(logProbabilities, other.logProbabilities)
          && Float.compare(scopeScore, other.scopeScore) == 0;
    }
  }

  @Override
  public Integer call() throws IOException, StartupException {
    PrintWriter out = spec.commandLine().getOut();
    try (OnnxShortlistModel model = load()) {
      List<Row> rows = rows(model);
      boolean same = predictions == null || agreesWithPredictions(model, rows, out);
      same &= isInvariant(model, rows.subList(0, Math.min(texts, rows.size())), out);
      return same ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private OnnxShortlistModel load() throws StartupException {
    try {
      return OnnxShortlistModel.load(
          bundle == null ? ServeCommand.defaultBundle() : bundle,
          OnnxRuntime.start(ExecutionProvider.CPU),
          MAX_BATCH);
    } catch (BundleException | ExecutionProviderException e) {
      throw new StartupException(ExitCode.BAD_DATA, String.valueOf(e.getMessage()), e);
    }
  }

  private List<Row> rows(OnnxShortlistModel model) throws IOException {
    Map<String, EnabledSkills> users = new HashMap<>();
    forEachLine(
        data.resolve("users.dev.jsonl.gz"),
        line -> {
          List<Integer> enabled = new ArrayList<>();
          line.get("enabled").forEach(id -> enabled.add(model.skills().row(id.asText())));
          int[] known =
              enabled.stream().mapToInt(row -> row).filter(row -> row >= 0).sorted().toArray();
          users.put(line.get("user").asText(), model.enabledSkills(known));
        });
    List<Row> rows = new ArrayList<>();
    forEachLine(
        data.resolve("dev.jsonl.gz"),
        line ->
            rows.add(
                new Row(
                    model.tokenizer().tokenize(line.get("text").asText()),
                    users.getOrDefault(line.get("user").asText(), EnabledSkills.NONE))));
    return rows;
  }

  private boolean agreesWithPredictions(OnnxShortlistModel model, List<Row> rows, PrintWriter out)
      throws IOException {
    long[] compared = new long[1];
    long[] otherTokens = new long[1];
    long[] otherOrder = new long[1];
    double[] largest = new double[1];
    try (Workspace workspace = model.workspace(1)) {
      forEachLine(
          Path.of(String.valueOf(predictions)),
          line -> {
            Row row = rows.get(line.get("row").asInt());
            boolean personal = line.get("mode").asText().equals("personal");
            int[] wordIds = JSON.convertValue(line.get("word_ids"), int[].class);
            if (!Arrays.equals(wordIds, row.tokens.wordIds())) {
              otherTokens[0]++;
            }
            Answer answer =
                answers(
                        workspace,
                        List.of(row.tokens),
                        List.of(personal ? row.user : EnabledSkills.NONE))
                    .get(0);
            compared[0]++;
            JsonNode top = line.get("top");
            boolean sameOrder = true;
            for (int rank = 0; rank < TOP; rank++) {
              largest[0] =
                  Math.max(
                      largest[0],
                      Math.abs(top.get(rank).get(1).asDouble() - answer.logProbabilities[rank]));
              sameOrder &=
                  rank >= TOP_IN_ORDER || top.get(rank).get(0).asInt() == answer.rows[rank];
            }
            largest[0] =
                Math.max(
                    largest[0], Math.abs(line.get("scope_score").asDouble() - answer.scopeScore));
            if (!sameOrder) {
              otherOrder[0]++;
            }
          });
    }
    out.printf(
        Locale.ROOT,
        "trainer's answers: %,d compared, %,d with other token ids, %,d with another top %d,"
            + " scores differ by at most %.2g%n",
        compared[0],
        otherTokens[0],
        otherOrder[0],
        TOP_IN_ORDER,
        largest[0]);
    return compared[0] == 2L * rows.size()
        && otherTokens[0] == 0
        && otherOrder[0] == 0
        && largest[0] <= TOLERANCE;
  }

  private boolean isInvariant(OnnxShortlistModel model, List<Row> rows, PrintWriter out) {
    List<Answer> alone = new ArrayList<>();
    try (Workspace workspace = model.workspace(MAX_BATCH)) {
      for (Row row : rows) {
        alone.addAll(answers(workspace, List.of(row.tokens), List.of(row.user)));
      }
      long different = 0;
      for (int size = 2; size <= MAX_BATCH; size++) {
        different += report(out, "batch of " + size, differing(workspace, rows, alone, size));
      }
      for (int words = 8; words <= model.tokenizer().maxWords(); words += 8) {
        Row neighbour =
            new Row(model.tokenizer().tokenize("zq ".repeat(words)), EnabledSkills.NONE);
        different +=
            report(
                out,
                words + " words",
                differing(workspace, rows, alone, row -> List.of(rows.get(row), neighbour)));
      }
      for (int enabled = 8; enabled <= MAX_ENABLED_BUCKET; enabled += 8) {
        int[] many = new int[enabled];
        Arrays.setAll(many, i -> i);
        Row neighbour = new Row(rows.get(0).tokens, model.enabledSkills(many));
        different +=
            report(
                out,
                enabled + " enabled skills",
                differing(workspace, rows, alone, row -> List.of(rows.get(row), neighbour)));
      }
      out.printf(
          Locale.ROOT,
          "%,d texts, alone and in all shapes: %,d answers differ%n",
          rows.size(),
          different);
      return different == 0;
    }
  }

  private long report(PrintWriter out, String shape, long different) {
    if (different > 0) {
      out.printf(Locale.ROOT, "  in a %s: %,d differ%n", shape, different);
    }
    return different;
  }

  private static long differing(
      Workspace workspace, List<Row> rows, List<Answer> alone, int batch) {
    long different = 0;
    for (int from = 0; from < rows.size(); from += batch) {
      List<Row> part = rows.subList(from, Math.min(rows.size(), from + batch));
      List<Answer> answers = answers(workspace, part);
      for (int i = 0; i < part.size(); i++) {
        different += answers.get(i).isSame(alone.get(from + i)) ? 0 : 1;
      }
    }
    return different;
  }

  private static long differing(
      Workspace workspace, List<Row> rows, List<Answer> alone, IntFunction<List<Row>> batchOf) {
    long different = 0;
    for (int row = 0; row < rows.size(); row++) {
      Answer answer = answers(workspace, batchOf.apply(row)).get(0);
      different += answer.isSame(alone.get(row)) ? 0 : 1;
    }
    return different;
  }

  private static List<Answer> answers(Workspace workspace, List<Row> rows) {
    return answers(
        workspace, rows.stream().map(Row::tokens).toList(), rows.stream().map(Row::user).toList());
  }

  private static List<Answer> answers(
      Workspace workspace, List<Tokens> tokens, List<EnabledSkills> users) {
    workspace.encode(tokens.stream().map(WeightedTexts::of).toList());
    workspace.attend(users);
    workspace.classify(users, TOP);
    List<Answer> answers = new ArrayList<>();
    for (int request = 0; request < users.size(); request++) {
      int[] rows = new int[TOP];
      float[] logProbabilities = new float[TOP];
      for (int rank = 0; rank < TOP; rank++) {
        rows[rank] = workspace.topRow(request, rank);
        logProbabilities[rank] = workspace.topLogProbability(request, rank);
      }
      answers.add(new Answer(rows, logProbabilities, workspace.scopeScore(request)));
    }
    return answers;
  }

  private interface LineReader {
    void read(JsonNode line) throws IOException;
  }

  private static void forEachLine(Path file, LineReader reader) throws IOException {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        reader.read(JSON.readTree(line));
      }
    }
  }
}
