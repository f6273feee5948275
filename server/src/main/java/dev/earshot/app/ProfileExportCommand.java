package dev.earshot.app;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.earshot.app.eval.EvalProgress;
import dev.earshot.client.EarshotClient;
import dev.earshot.v1.DescribeStoreRequest;
import dev.earshot.v1.ListProfilesRequest;
import dev.earshot.v1.ListProfilesResponse;
import dev.earshot.v1.Profile;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.StoresGrpc;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code earshot profile export}: all profiles as JSON lines. */
@Command(
    name = "export",
    description = {
      "Writes all profiles, one in JSON on each line, for 'profile import'. Profiles written"
          + " meanwhile may be in it or not.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      ApiCommand.EXIT_OK,
      ApiCommand.EXIT_FAILED,
      ApiCommand.EXIT_USAGE,
      "65:the file cannot be written",
      ApiCommand.EXIT_UNREACHABLE
    })
final class ProfileExportCommand extends ApiCommand {
  private static final int PAGE = 1_000;

  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().omittingInsignificantWhitespace();

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "The file, readable by its owner alone. Default: standard output.")
  private @Nullable Path file;

  @Override
  int run(EarshotClient client) {
    if (file == null) {
      try {
        long unused = export(client, out(), progress());
      } catch (IOException e) {
        throw new InputException("the output cannot be written: " + e.getMessage(), e);
      }
      return ExitCode.OK;
    }
    long exported;
    try {
      exported = exportTo(file, client, progress());
    } catch (IOException e) {
      throw new InputException(file + ": cannot be written: " + e.getMessage(), e);
    }
    if (server().json()) {
      out().println("{\"exported\": " + exported + "}");
    } else {
      out().printf(Locale.ROOT, "Exported %,d profile(s) to %s%n", exported, file);
    }
    return ExitCode.OK;
  }

  /** Writes beside the file first: what stands under its name is whole. */
  private static long exportTo(Path target, EarshotClient client, EvalProgress shown)
      throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    // A temporary file is its owner's alone.
    Path fresh = Files.createTempFile(folder, ".export", null);
    try {
      long exported;
      try (BufferedWriter writer = Files.newBufferedWriter(fresh)) {
        exported = export(client, writer, shown);
      }
      Files.move(fresh, target, StandardCopyOption.REPLACE_EXISTING);
      return exported;
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private EvalProgress progress() {
    return ProgressBar.onStandardError(spec().commandLine().getErr());
  }

  private static long export(EarshotClient client, Writer writer, EvalProgress shown)
      throws IOException {
    shown.begin("Exporting profiles", profiles(client));
    long exported = 0;
    String token = "";
    do {
      ListProfilesResponse page =
          unhurried(ProfilesGrpc.newBlockingStub(client.channel()))
              .listProfiles(
                  ListProfilesRequest.newBuilder().setPageSize(PAGE).setPageToken(token).build());
      for (Profile profile : page.getProfilesList()) {
        writer.write(line(profile));
        writer.write('\n');
        exported++;
        shown.step();
      }
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    shown.end();
    return exported;
  }

  /** As the store estimates it. */
  private static int profiles(EarshotClient client) {
    return unhurried(StoresGrpc.newBlockingStub(client.channel()))
        .describeStore(DescribeStoreRequest.getDefaultInstance())
        .getTablesList()
        .stream()
        .filter(table -> table.getName().equals("profiles"))
        .mapToInt(table -> (int) Math.min(Integer.MAX_VALUE, Math.max(0, table.getEntries())))
        .findFirst()
        .orElse(0);
  }

  /** Without what only this server's store and catalogue give meaning to. */
  private static String line(Profile profile) {
    try {
      return PRINTER.print(profile.toBuilder().clearEtag().clearUnknownSkillIds());
    } catch (InvalidProtocolBufferException e) {
      // Only an Any of an unknown type has no JSON, and a profile holds none.
      throw new IllegalStateException(e);
    }
  }
}
