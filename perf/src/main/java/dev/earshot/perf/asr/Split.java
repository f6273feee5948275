package dev.earshot.perf.asr;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What a scenario is for; fixed before anything was tuned. */
enum Split {
  TRAIN,
  DEV,
  TEST;

  /** As in files and their names. */
  @JsonValue
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** To which split a name belongs that others must not have: half to the test. */
  static Split of(String name) {
    int bucket = Math.floorMod((name.toLowerCase(Locale.ROOT).hashCode() * 0x9E3779B1) >>> 8, 20);
    return bucket < 10 ? TEST : bucket < 17 ? TRAIN : DEV;
  }
}
