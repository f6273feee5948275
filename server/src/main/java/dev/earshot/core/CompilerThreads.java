package dev.earshot.core;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JVM's optimising compilers, which go on for minutes after a start, and a little for hours:
 * what is called rarely is compiled late. A method takes them some milliseconds to seconds, and at
 * the same priority they keep their core for several at a time while a request waits. One that the
 * JVM adds later is of the priority of the thread that adds it.
 */
public final class CompilerThreads {
  private static final Logger log = LoggerFactory.getLogger(CompilerThreads.class);

  /** As the kernel knows them, which cuts names after 15 bytes. */
  private static final String OPTIMISING = "C2 CompilerThre";

  private static final Path THREADS = Path.of("/proc/self/task");

  private CompilerThreads() {}

  /**
   * Lets requests go first, from now on. Where this cannot be had, all stays as it is.
   *
   * @return how many threads it concerns
   */
  public static int yieldToRequests() {
    if (!Platform.isLinux()) {
      return 0;
    }
    int lowered = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
      for (Path thread : threads) {
        if (Files.readString(thread.resolve("comm")).strip().equals(OPTIMISING)
            && Precedence.COMPILER.give(Integer.parseInt(String.valueOf(thread.getFileName())))) {
          lowered++;
        }
      }
    } catch (IOException | RuntimeException e) {
      log.debug("the compilers stay as they are: {}", e.toString());
    }
    return lowered;
  }
}
