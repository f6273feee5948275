package dev.earshot.perf.process;

import dev.earshot.perf.load.ServerUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private static final Logger log = LoggerFactory.getLogger(ProcessMeter.class);

  private final ProcessHandle root;

  ProcessMeter(ProcessHandle root) {
    this.root = root;
  }

  @Override
  public ServerUse.Snapshot read() {
    double ticks = 0;
    long pages = 0;
    for (ProcessHandle process : Stream.concat(Stream.of(root), root.descendants()).toList()) {
      try {
        String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        ticks += Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]);
        pages += Long.parseLong(fields[RESIDENT_PAGES]);
      } catch (IOException e) {
        log.debug("{} has ended since it was listed", process.pid());
      }
    }
    return new ServerUse.Snapshot(ticks / TICKS_A_SECOND, pages * PAGE);
  }
}
