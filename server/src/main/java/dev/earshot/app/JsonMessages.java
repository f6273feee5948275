package dev.earshot.app;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a message that the user wrote as JSON. */
final class JsonMessages {
  private JsonMessages() {}

  /**
   * Merges a file's message into a builder.
   *
   * @param path of the file; {@code -}: standard input
   * @param what the file should be, for the error: "profile"
   * @throws InputException if it cannot be read, or is no such message
   */
  static void merge(String path, String what, Message.Builder into) {
    try {
      String json =
          path.equals("-")
              ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
              : Files.readString(Path.of(path));
      JsonFormat.parser().merge(json, into);
    } catch (InvalidProtocolBufferException e) {
      throw new InputException(path + ": is no " + what + " in JSON: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new InputException(path + ": cannot be read (expected: a readable file)", e);
    }
  }
}
