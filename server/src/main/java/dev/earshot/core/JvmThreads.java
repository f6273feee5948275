package dev.earshot.core;

import com.sun.jna.Platform;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Threads of the JVM that can wait while a request cannot. The optimising compilers go on for
 * minutes after a start, and a little for hours: what is called rarely is compiled late. A method
 * takes them some milliseconds to seconds, and at the same priority they keep their core for
 * several at a time. One that the JVM adds later is of the priority of the thread that adds it. And
 * who counts collections is told of each right after it, when requests have waited already.
 */
public final class JvmThreads {
  private static final Logger log = LoggerFactory.getLogger(JvmThreads.class);

  /** The compilers', and the one that tells of collections; the kernel cuts after 15 bytes. */
  private static final Set<String> PATIENT = Set.of("C2 CompilerThre", "Notification Th");

  private static final Path THREADS = Path.of("/proc/self/task");

  private JvmThreads() {}

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
        if (PATIENT.contains(Files.readString(thread.resolve("comm")).strip())
            && Precedence.COMPILER.give(Integer.parseInt(String.valueOf(thread.getFileName())))) {
          lowered++;
        }
      }
    } catch (IOException | RuntimeException e) {
      log.debug("the JVM's threads stay as they are: {}", e.toString());
    }
    return lowered;
  }
}
