package dev.earshot.app;

import dev.earshot.app.eval.EvalProgress;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.store.crypto.Keyset;
import dev.earshot.store.crypto.KeysetException;
import dev.earshot.store.crypto.KeysetFile;
import dev.earshot.v1.ReencryptStoreRequest;
import dev.earshot.v1.ReencryptStoreResponse;
import dev.earshot.v1.ReloadKeysetRequest;
import dev.earshot.v1.StoresGrpc;
import io.grpc.StatusRuntimeException;
import java.io.PrintWriter;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot keys}: the keys that a store is encrypted with. */
@Command(
    name = "keys",
    description = {
      "Shows and rotates the keys that a store is encrypted with, while servers run:",
      "",
      "  earshot keys add            # then give the keyset to every instance, and 'keys reload' each",
      "  earshot keys promote ID     # new values are encrypted under it; reload each again",
      "  earshot keys reencrypt      # all others too",
      "  earshot keys retire OLD-ID  # refused while a stored value may need it",
      ""
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      KeysCommand.List.class,
      KeysCommand.Add.class,
      KeysCommand.Promote.class,
      KeysCommand.Retire.class,
      KeysCommand.Reload.class,
      KeysCommand.Reencrypt.class
    })
final class KeysCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** A command on the file of a keyset, of which a running server is told. */
  abstract static class OnFile implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private StoreFlags storeFlags;
    @Mixin private ServerFlags server;

    @Option(
        names = "--file-only",
        description =
            "Change the file and tell no server, which reads it when it is told or starts.")
    private boolean fileOnly;

    /** What becomes of the keyset; null: it stays. */
    abstract @Nullable Keyset change(Keyset keyset) throws KeysetException;

    @Override
    public Integer call() {
      StoreOptions options = storeFlags.options();
      KeysetFile file = new KeysetFile(options.keysetPath(), options.keysetKms());
      PrintWriter out = spec.commandLine().getOut();
      PrintWriter err = spec.commandLine().getErr();
      try {
        Keyset before = file.read();
        Keyset after = change(before);
        if (after != null) {
          file.replace(after);
          int told = fileOnly ? ExitCode.OK : reload(err);
          if (told != ExitCode.OK) {
            file.replace(before);
            err.println(
                "earshot: " + file.path() + " stays as it was (--file-only changes it alone)");
            return told;
          }
        }
        print(out, after == null ? before : after);
        return ExitCode.OK;
      } catch (KeysetException e) {
        err.println("earshot: " + e.getMessage());
        return ExitCode.BAD_DATA;
      } finally {
        out.flush();
      }
    }

    /** Tells the server; not OK if it refuses or cannot be reached. */
    private int reload(PrintWriter err) {
      try (EarshotClient client = server.open()) {
        var unused =
            ApiCommand.unhurried(StoresGrpc.newBlockingStub(client.channel()))
                .reloadKeyset(ReloadKeysetRequest.getDefaultInstance());
        return ExitCode.OK;
      } catch (StatusRuntimeException e) {
        return ApiCommand.explain(EarshotException.from(e), server.address(), err);
      } catch (EarshotException e) {
        return ApiCommand.explain(e, server.address(), err);
      }
    }

    private static void print(PrintWriter out, Keyset keyset) {
      for (Keyset.Key key : keyset.keys()) {
        out.printf(
            "%d%s%s%n",
            key.id(), key.primary() ? "  primary" : "", key.enabled() ? "" : "  disabled");
      }
    }
  }

  /** {@code earshot keys list}. */
  @Command(
      name = "list",
      description = {"Lists the keys of the keyset's file.", ""},
      mixinStandardHelpOptions = true)
  static final class List extends OnFile {
    @Override
    @Nullable Keyset change(Keyset keyset) {
      return null;
    }
  }

  /** {@code earshot keys add}. */
  @Command(
      name = "add",
      description = {"Adds a key, under which nothing is encrypted yet.", ""},
      mixinStandardHelpOptions = true)
  static final class Add extends OnFile {
    @Override
    Keyset change(Keyset keyset) {
      return keyset.withNewKey();
    }
  }

  /** {@code earshot keys promote}. */
  @Command(
      name = "promote",
      description = {"Makes a key that every instance has the one for new values.", ""},
      mixinStandardHelpOptions = true)
  static final class Promote extends OnFile {
    @Parameters(paramLabel = "ID", description = "The key.")
    private long keyId;

    @Override
    Keyset change(Keyset keyset) throws KeysetException {
      return keyset.withPrimary(keyId);
    }
  }

  /** {@code earshot keys retire}. */
  @Command(
      name = "retire",
      description = {
        "Takes a key away for good. The server refuses while a stored value may need it.",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Retire extends OnFile {
    @Parameters(paramLabel = "ID", description = "The key.")
    private long keyId;

    @Override
    Keyset change(Keyset keyset) throws KeysetException {
      return keyset.without(keyId);
    }
  }

  /** {@code earshot keys reload}. */
  @Command(
      name = "reload",
      description = {"Lets a running server read its keyset again.", ""},
      mixinStandardHelpOptions = true)
  static final class Reload extends ApiCommand {
    @Override
    int run(EarshotClient client) {
      var answer =
          unhurried(StoresGrpc.newBlockingStub(client.channel()))
              .reloadKeyset(ReloadKeysetRequest.getDefaultInstance());
      if (server().json()) {
        printJson(answer);
      } else {
        answer
            .getKeysList()
            .forEach(
                key -> out().printf("%d%s%n", key.getKeyId(), key.getPrimary() ? "  primary" : ""));
      }
      return ExitCode.OK;
    }
  }

  /** {@code earshot keys reencrypt}. */
  @Command(
      name = "reencrypt",
      description = {
        "Lets a running server encrypt everything under its primary key, while it serves.",
        ""
      },
      mixinStandardHelpOptions = true)
  static final class Reencrypt extends ApiCommand {
    @Override
    int run(EarshotClient client) {
      // No deadline: it takes as long as it takes.
      Iterator<ReencryptStoreResponse> answers =
          StoresGrpc.newBlockingStub(client.channel())
              .reencryptStore(ReencryptStoreRequest.getDefaultInstance());
      ReencryptStoreResponse last = ReencryptStoreResponse.getDefaultInstance();
      EvalProgress shown = ProgressBar.onStandardError(spec().commandLine().getErr());
      long steps = -1;
      while (answers.hasNext()) {
        last = answers.next();
        if (server().json()) {
          out().println(jsonLine(last));
          out().flush();
        } else {
          if (steps < 0) {
            shown.begin(
                "Encrypting anew", (int) Math.min(Integer.MAX_VALUE, last.getEntriesTotal()));
            steps = 0;
          }
          // Less than before where all is looked at once more.
          for (; steps < last.getEntriesDone(); steps++) {
            shown.step();
          }
        }
      }
      if (!server().json()) {
        shown.end();
        out()
            .printf(
                Locale.ROOT,
                "%,d entries, %,d of them encrypted anew, %,d unreadable%n",
                last.getEntriesDone(),
                last.getEntriesReencrypted(),
                last.getEntriesUnreadable());
      }
      return last.getEntriesUnreadable() == 0 ? ExitCode.OK : ExitCode.FAILED;
    }
  }
}
