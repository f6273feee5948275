package dev.earshot.app;

import dev.earshot.store.StoreException;
import dev.earshot.store.crypto.EncryptedStore;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.store.crypto.KeysetException;
import dev.earshot.store.crypto.KeysetFile;
import dev.earshot.store.dynamodb.DynamoDbStore;
import dev.earshot.store.dynamodb.DynamoDbTables;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code earshot store create}: what a shared store needs before the first server starts. */
@Command(
    name = "create",
    description = {
      "Makes the tables of a store in DynamoDB that are missing, and the keyset if there is none yet:",
      "",
      "  earshot store create --store dynamodb --keyset keyset.json",
      "",
      "Every server is given the same keyset. The other stores make themselves.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all is there",
      "2:the command line is wrong",
      "65:a table is another's, or the keyset of the tables is not where it should be",
      "69:DynamoDB cannot be reached, or refuses",
      "74:the keyset cannot be written"
    })
final class StoreCreateCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;
  @Mixin private StoreFlags storeFlags;

  @Override
  public Integer call() {
    StoreOptions options = storeFlags.options();
    if (options.kind() != StoreOptions.Kind.DYNAMODB) {
      throw new ParameterException(
          spec.commandLine(), "--store: this store makes itself (expected: dynamodb)");
    }
    PrintWriter out = spec.commandLine().getOut();
    try {
      DynamoDbTables.create(
          options.dynamoDb(),
          new SecureRandom(),
          (table, made) -> {
            out.println((made ? "made        " : "there       ") + "table " + table);
            out.flush();
          });
      return requireKeyset(options, out);
    } catch (StoreException e) {
      return fail(OpenStore.remoteExitCode(e), e.getMessage());
    } catch (KeysetException e) {
      return fail(ExitCode.BAD_DATA, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return fail(ExitCode.IO_ERROR, "the keyset cannot be written: " + e.getMessage());
    } finally {
      out.flush();
    }
  }

  /** Makes a keyset only for tables that no server has bound to one. */
  private int requireKeyset(StoreOptions options, PrintWriter out)
      throws KeysetException, IOException {
    KeysetFile file = new KeysetFile(options.keysetPath(), options.keysetKms());
    if (file.exists()) {
      out.println("there       keyset " + file.path());
      return ExitCode.OK;
    }
    try (DynamoDbStore store =
        DynamoDbStore.open(
            options.dynamoDb().unhurried(),
            InstantSource.system(),
            options.retention(),
            new SecureRandom())) {
      if (EncryptedStore.isBound(store)) {
        return fail(
            ExitCode.BAD_DATA,
            "the tables are encrypted under a keyset that is not at "
                + file.path()
                + " (bring it there, or name it with --keyset)");
      }
    }
    Path folder = file.path().toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    file.create(Keyset.generate());
    out.println("made        keyset " + file.path() + " (give it to every server, keep a copy)");
    return ExitCode.OK;
  }

  private int fail(int exitCode, String message) {
    spec.commandLine().getErr().println("earshot: " + message);
    return exitCode;
  }
}
