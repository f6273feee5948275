package dev.earshot.app;

import dev.earshot.client.EarshotClient;
import dev.earshot.v1.BackUpStoreRequest;
import dev.earshot.v1.BackUpStoreResponse;
import dev.earshot.v1.DescribeStoreRequest;
import dev.earshot.v1.DescribeStoreResponse;
import dev.earshot.v1.StoreKey;
import dev.earshot.v1.StoreTable;
import dev.earshot.v1.StoresGrpc;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot store}: what a server keeps. */
@Command(
    name = "store",
    description = {"Prepares, shows, backs up and restores what a server keeps.", ""},
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      StoreCreateCommand.class,
      StoreCommand.Describe.class,
      StoreCommand.BackUp.class,
      StoreCommand.Restore.class
    })
final class StoreCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** {@code earshot store describe}. */
  @Command(
      name = "describe",
      description = {"Says which store serves, how much it holds, and which keys it has.", ""},
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        ApiCommand.EXIT_FAILED,
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Describe extends ApiCommand {
    @Override
    int run(EarshotClient client) {
      DescribeStoreResponse store =
          unhurried(StoresGrpc.newBlockingStub(client.channel()))
              .describeStore(DescribeStoreRequest.getDefaultInstance());
      if (server().json()) {
        printJson(store);
        return ExitCode.OK;
      }
      out().printf("store   %s%n", store.getKind());
      for (StoreTable table : store.getTablesList()) {
        out()
            .printf(
                Locale.ROOT,
                "table   %-14s about %,d entries%s%n",
                table.getName(),
                table.getEntries(),
                table.getBytes() < 0
                    ? ""
                    : String.format(Locale.ROOT, ", %,d KiB", table.getBytes() >> 10));
      }
      for (StoreKey key : store.getKeysList()) {
        out().printf("key     %d%s%n", key.getKeyId(), key.getPrimary() ? "  primary" : "");
      }
      return ExitCode.OK;
    }
  }

  /** {@code earshot store backup}. */
  @Command(
      name = "backup",
      description = {
        "Writes a consistent copy of a running server's store into its directory of backups. Copy it"
            + " to another device from there. The keyset is not in it.",
        ""
      },
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        ApiCommand.EXIT_FAILED,
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class BackUp extends ApiCommand {
    @Parameters(arity = "0..1", paramLabel = "NAME", description = "Default: the time.")
    private String name = "";

    @Override
    int run(EarshotClient client) {
      // No deadline: a copy to another device takes as long as it takes.
      Iterator<BackUpStoreResponse> answers =
          StoresGrpc.newBlockingStub(client.channel())
              .backUpStore(BackUpStoreRequest.newBuilder().setName(name).build());
      while (answers.hasNext()) {
        BackUpStoreResponse answer = answers.next();
        if (server().json()) {
          out().println(jsonLine(answer));
        } else if (answer.hasSnapshotTime()) {
          out()
              .printf(
                  Locale.ROOT,
                  "backups/%s in the server's data directory, %,d KiB%n",
                  answer.getName(),
                  answer.getBytesTotal() >> 10);
        }
      }
      return ExitCode.OK;
    }
  }

  /** {@code earshot store restore}. */
  @Command(
      name = "restore",
      description = {
        "Puts a backup in the place of a store that is not there; the server must not run. The server"
            + " then needs the keyset that the backup was written with.",
        ""
      },
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        "0:done",
        "2:the command line is wrong",
        "65:that is no backup, or there is a store already",
        "74:it could not be copied"
      })
  static final class Restore implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private StoreFlags storeFlags;

    @Parameters(
        paramLabel = "BACKUP",
        description = "Its directory, or its name in the data directory's backups.")
    private Path backup;

    @Override
    public Integer call() {
      StoreOptions options = storeFlags.options();
      Path named = options.backups().resolve(backup);
      Path source = Files.isDirectory(named) ? named : backup;
      Path target = options.directory();
      try {
        if (!Files.exists(source.resolve("CURRENT"))) {
          return fail(ExitCode.BAD_DATA, source + " is no backup");
        }
        if (Files.exists(target)) {
          return fail(
              ExitCode.BAD_DATA,
              target + " is there already (move it away to restore another in its place)");
        }
        copy(source, target);
      } catch (IOException e) {
        return fail(ExitCode.IO_ERROR, "could not be copied: " + e.getMessage());
      }
      spec.commandLine().getOut().printf("restored %s to %s%n", source, target);
      return ExitCode.OK;
    }

    private void copy(Path source, Path target) throws IOException {
      Path partial = target.resolveSibling(target.getFileName() + ".partial");
      Files.createDirectories(partial);
      List<Path> files;
      try (Stream<Path> listed = Files.list(source)) {
        files = listed.toList();
      }
      ProgressBar progress = ProgressBar.onStandardError(spec.commandLine().getErr());
      progress.begin("restoring", files.size());
      for (Path file : files) {
        Path copy = partial.resolve(file.getFileName().toString());
        Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
        progress.step();
      }
      progress.end();
      Files.move(partial, target);
    }

    private int fail(int exitCode, String message) {
      spec.commandLine().getErr().println("earshot: " + message);
      return exitCode;
    }
  }
}
