package dev.earshot.app;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.client.EarshotException.FieldViolation;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.AbstractStub;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * A command that makes a few calls to a server and prints what comes back: text for people, or the
 * API's messages in their own JSON. A failed call is a line for people and an exit code.
 */
abstract class ApiCommand implements Callable<Integer> {
  /** Keeps what every command of this kind exits with in one place; for {@code exitCodeList}. */
  static final String EXIT_OK = "0:done";

  static final String EXIT_FAILED = "1:the server refused or failed, for the reason printed";
  static final String EXIT_USAGE = "2:the command line is wrong, or a value that it sent";
  static final String EXIT_UNREACHABLE = "69:the server cannot be reached";
  static final String EXIT_CODES = "%nExit codes:%n";

  @Spec private CommandSpec spec;
  @Mixin private ServerFlags server;

  /**
   * Makes the calls and prints.
   *
   * @return the exit code
   */
  abstract int run(EarshotClient client);

  @Override
  public final Integer call() {
    try (EarshotClient client = server.open()) {
      return run(client);
    } catch (EarshotException e) {
      return failed(e);
    } catch (StatusRuntimeException e) {
      return failed(EarshotException.from(e));
    } catch (InputException e) {
      spec.commandLine().getErr().println("earshot: " + e.getMessage());
      return ExitCode.BAD_DATA;
    } finally {
      out().flush();
    }
  }

  /** What a failed call exits with, after it was explained. */
  int failed(EarshotException e) {
    return explain(e, server.address(), spec.commandLine().getErr());
  }

  /** Says why a call failed, and returns what to exit with. */
  static int explain(EarshotException e, String address, PrintWriter err) {
    if (!e.fieldViolations().isEmpty()) {
      for (FieldViolation violation : e.fieldViolations()) {
        err.println("earshot: " + violation.field() + ": " + violation.description());
      }
      return ExitCode.USAGE;
    }
    if (e instanceof EarshotException.Unavailable && e.reason().isEmpty()) {
      err.println("earshot: " + address + ": cannot be reached (" + text(e) + ")");
      err.println("Is it running? ./earshot serve");
      return ExitCode.UNAVAILABLE;
    }
    boolean late = e instanceof EarshotException.DeadlineExceeded && e.reason().isEmpty();
    err.println("earshot: " + (late ? "the deadline passed before there was an answer" : text(e)));
    return ExitCode.FAILED;
  }

  /** The error's text without the code before it. */
  private static String text(EarshotException e) {
    String message = String.valueOf(e.getMessage());
    String code = e.code() + ": ";
    return message.startsWith(code) ? message.substring(code.length()) : message;
  }

  final CommandSpec spec() {
    return spec;
  }

  final ServerFlags server() {
    return server;
  }

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** The stub with the deadline of calls that nobody waits for in a conversation. */
  static <S extends AbstractStub<S>> S unhurried(S stub) {
    return stub.withDeadlineAfter(ServerFlags.CALL_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Prints a message in the JSON that protobuf defines for it, defaults included. */
  final void printJson(Message message) {
    out().println(json(message, JsonFormat.printer()));
  }

  /** The message's JSON in one line. */
  static String jsonLine(Message message) {
    return json(message, JsonFormat.printer().omittingInsignificantWhitespace());
  }

  private static String json(Message message, JsonFormat.Printer printer) {
    try {
      return printer.includingDefaultValueFields().print(message);
    } catch (InvalidProtocolBufferException e) {
      // Only an Any of an unknown type has no JSON, and none of what is printed holds one.
      throw new IllegalStateException(e);
    }
  }
}
