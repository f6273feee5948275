package dev.earshot.perf.process;

import dev.earshot.perf.load.ServerUse;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Processor time and memory of a process and its descendants, from {@code /proc}. Memory is
 * resident pages: those that processes share count once for each.
 */
final class ProcessMeter implements ServerUse.Meter {
  /** The kernel's unit of processor time: fixed for user space on Linux. */
  private static final double TICKS_A_SECOND = 100;

  // Fields of /proc/PID/stat after the program's name, which is in parentheses.
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;
  private static final int RESIDENT_PAGES = 21;
  private static final long PAGE = 4_096;

  /** Names of the JVM's threads, as the kernel has them. */
  private static final Pattern COMPILER = Pattern.compile("^C[12] Compiler");

  private static final Logger log = LoggerFactory.getLogger(ProcessMeter.class);

  private final ProcessHandle root;

  ProcessMeter(ProcessHandle root) {
    this.root = root;
  }

  @Override
  public ServerUse.Snapshot read() {
    double seconds = 0;
    double compilerSeconds = 0;
    long pages = 0;
    for (ProcessHandle process : Stream.concat(Stream.of(root), root.descendants()).toList()) {
      Path folder = Path.of("/proc", Long.toString(process.pid()));
      try {
        String[] fields = fields(folder);
        seconds += seconds(fields);
        pages += Long.parseLong(fields[RESIDENT_PAGES]);
        compilerSeconds += compilerSeconds(folder.resolve("task"));
      } catch (IOException e) {
        log.debug("{} has ended since it was listed", process.pid());
      }
    }
    return new ServerUse.Snapshot(seconds, compilerSeconds, pages * PAGE);
  }

  /** Of the threads that have not ended: the JVM ends compilers that it has no use for. */
  private static double compilerSeconds(Path threads) throws IOException {
    double sum = 0;
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(threads)) {
      for (Path folder : folders) {
        try {
          if (COMPILER.matcher(Files.readString(folder.resolve("comm"))).find()) {
            sum += seconds(fields(folder));
          }
        } catch (NoSuchFileException e) {
          log.debug("{} has ended since it was listed", folder);
        }
      }
    }
    return sum;
  }

  private static String[] fields(Path folder) throws IOException {
    String stat = Files.readString(folder.resolve("stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
  }

  private static double seconds(String[] fields) {
    return (Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]))
        / TICKS_A_SECOND;
  }
}
