package dev.earshot.app;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.earshot.app.ProfileImport.BadLine;
import dev.earshot.app.ProfileImport.Outcome;
import dev.earshot.app.ProfileImport.Progress;
import dev.earshot.client.EarshotClient;
import dev.earshot.v1.ProfilesGrpc;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;

/** {@code earshot profile import}: writes many profiles. */
@Command(
    name = "import",
    description = {
      "Writes the profiles of a file, one in JSON on each line, as 'profile export' and 'profile list"
          + " --json' print them. What a line does not name is cleared; etags are ignored.",
      "",
      "Lines that are no profiles are reported by number, and the rest is imported. Run again, an"
          + " import that was cut off goes on where it was: FILE.progress beside the file keeps"
          + " that.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      "0:every line was imported",
      "1:stopped, because the server failed; run again to go on",
      ApiCommand.EXIT_USAGE,
      "65:the file cannot be read, or some lines were not imported",
      "69:stopped, because the server cannot be reached; run again to go on"
    })
final class ProfileImportCommand extends ApiCommand {
  private static final int MAX_PARALLEL = 256;

  @Parameters(paramLabel = "FILE", description = "The file.")
  private Path file;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "16",
      description = "Profiles that are written at the same time, 1 to 256. Default: 16.")
  private int parallel;

  @Option(
      names = "--restart",
      description = "Begin with the first line, whatever was imported before.")
  private boolean restart;

  @Override
  int run(EarshotClient client) {
    if (parallel < 1 || parallel > MAX_PARALLEL) {
      throw new ParameterException(
          spec().commandLine(), "--parallel: " + parallel + " (expected: 1 to 256)");
    }
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new InputException(file + ": cannot be read (expected: a readable file)", null);
    }
    PrintWriter err = spec().commandLine().getErr();
    ProfilesGrpc.ProfilesBlockingStub profiles = ProfilesGrpc.newBlockingStub(client.channel());
    ProfileImport job =
        new ProfileImport(
            file,
            request -> unhurried(profiles).updateProfile(request),
            parallel,
            System::nanoTime,
            bad -> err.println("line " + bad.line() + ": " + bad.problem()));
    Outcome outcome;
    try {
      outcome = job.run(restart, ProgressBar.onStandardError(err));
    } catch (IOException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.FAILED;
    }
    if (server().json()) {
      printJson(outcome);
    } else {
      print(outcome);
    }
    if (outcome.stopped() != null) {
      return failed(outcome.stopped());
    }
    return outcome.progress().bad().isEmpty() ? ExitCode.OK : ExitCode.BAD_DATA;
  }

  private void print(Outcome outcome) {
    Progress progress = outcome.progress();
    if (outcome.resumedAfter() > 0) {
      out().printf(Locale.ROOT, "Went on after line %,d.%n", outcome.resumedAfter());
    }
    out()
        .printf(
            Locale.ROOT,
            "Imported %,d profile(s); %,d line(s) were not imported.%n",
            progress.imported(),
            progress.bad().size());
    if (outcome.stopped() != null) {
      out()
          .printf(
              Locale.ROOT,
              "Stopped after line %,d. The same command goes on there.%n",
              progress.lines());
    }
  }

  private void printJson(Outcome outcome) {
    Progress progress = outcome.progress();
    ObjectNode json = JsonMapper.builder().build().createObjectNode();
    json.put("imported", progress.imported());
    json.put("lines", progress.lines());
    json.put("resumedAfter", outcome.resumedAfter());
    json.put("complete", outcome.stopped() == null);
    ArrayNode bad = json.putArray("notImported");
    for (BadLine line : progress.bad()) {
      bad.addObject().put("line", line.line()).put("problem", line.problem());
    }
    out().println(json.toPrettyString());
  }
}
