package dev.earshot.model;

import java.util.List;
import java.util.Locale;

/** Where graphs run. */
public enum ExecutionProvider {
  /** CUDA where it loads, else the CPU. */
  AUTO,
  CPU,
  CUDA,
  TENSORRT;

  /** The variants of a graph that suit the provider, best first. */
  List<String> variants() {
    return switch (this) {
      case AUTO -> throw new IllegalStateException("no provider was chosen yet");
      case CPU -> List.of("int8", "fp32");
      case CUDA, TENSORRT -> List.of("fp16", "fp32");
    };
  }

  /** The name as flags and answers spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
