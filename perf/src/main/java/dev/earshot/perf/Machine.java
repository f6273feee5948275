package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a measurement ran on, as the machine tells it.
 *
 * @param cpu as the processor names itself
 * @param instructions those of the extensions that int8 products profit from
 * @param logicalCpus that the JVM may use
 * @param memoryGib of the machine; 0 where nobody tells
 * @param loadAverage of the last minute, when asked: near 0 on a machine that does nothing else
 */
record Machine(
    String cpu,
    List<String> instructions,
    @JsonProperty("logical_cpus") int logicalCpus,
    @JsonProperty("memory_gib") double memoryGib,
    String os,
    String java,
    @JsonProperty("jvm_flags") List<String> jvmFlags,
    @JsonProperty("load_average") double loadAverage) {

  private static final List<String> INTERESTING =
      List.of("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp");

  static Machine describe() {
    Map<String, String> cpu = fields(Path.of("/proc/cpuinfo"));
    Map<String, String> memory = fields(Path.of("/proc/meminfo"));
    List<String> flags =
        List.of(
            (cpu.getOrDefault("flags", "") + " " + cpu.getOrDefault("Features", "")).split(" "));
    String name = cpu.getOrDefault("model name", System.getProperty("os.arch"));
    if (cpu.containsKey("cpu family")) {
      name += ", family " + cpu.get("cpu family") + " model " + cpu.get("model");
    }
    String kibibytes = memory.getOrDefault("MemTotal", "0").replaceAll("[^0-9]", "");
    return new Machine(
        name,
        INTERESTING.stream().filter(flags::contains).toList(),
        Runtime.getRuntime().availableProcessors(),
        Math.round(Long.parseLong(kibibytes) / 104857.6) / 10.0,
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        flagsOfThisJvm(),
        Math.max(0, ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
  }

  /** The flags that this JVM was started with, without properties, which may hold paths. */
  private static List<String> flagsOfThisJvm() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("-X"))
        .toList();
  }

  /** The first value of each "name: value". */
  private static Map<String, String> fields(Path file) {
    Map<String, String> fields = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(file)) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          fields.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        }
      }
    } catch (IOException e) {
      return new TreeMap<>();
    }
    return fields;
  }

  /** A line for people. */
  String summary() {
    return String.format(
        Locale.ROOT,
        "%s (%s), %d CPUs, %.1f GiB; %s; %s %s; load average %.2f",
        cpu,
        String.join(" ", instructions),
        logicalCpus,
        memoryGib,
        os,
        java,
        String.join(" ", jvmFlags),
        loadAverage);
  }
}
