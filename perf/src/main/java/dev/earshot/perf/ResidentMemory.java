package dev.earshot.perf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What this process holds in memory, in bytes, by {@code /proc/self/smaps} (Linux).
 *
 * @param anonymous its own: heaps, native allocations, stacks
 * @param bundle pages of the bundle's files; the kernel can drop them, and shares them between
 *     processes
 * @param otherFiles pages of other files: programs and libraries
 */
record ResidentMemory(long anonymous, long bundle, long otherFiles) {
  private static final Pattern MAPPING =
      Pattern.compile("[0-9a-f]+-[0-9a-f]+ \\S+ \\S+ \\S+ \\S+\\s*(.*)");
  private static final Pattern SIZE = Pattern.compile("(Rss|Anonymous):\\s+(\\d+) kB");

  static ResidentMemory now(Path bundle) throws IOException {
    String directory = bundle.toRealPath() + "/";
    long anonymous = 0;
    long ofBundle = 0;
    long ofOthers = 0;
    String file = "";
    for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
      Matcher mapping = MAPPING.matcher(line);
      if (mapping.matches()) {
        file = mapping.group(1);
        continue;
      }
      Matcher size = SIZE.matcher(line);
      if (!size.matches()) {
        continue;
      }
      long bytes = Long.parseLong(size.group(2)) << 10;
      // What is resident and not anonymous is the file's; changed pages of a private mapping are
      // anonymous.
      long ofFile = size.group(1).equals("Rss") ? bytes : -bytes;
      if (ofFile < 0) {
        anonymous += bytes;
      }
      if (file.startsWith(directory)) {
        ofBundle += ofFile;
      } else if (file.startsWith("/")) {
        ofOthers += ofFile;
      }
    }
    return new ResidentMemory(anonymous, ofBundle, ofOthers);
  }
}
