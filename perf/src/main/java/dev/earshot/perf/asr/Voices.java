package dev.earshot.perf.asr;

import java.util.List;

/** Who speaks; flite's slt and three of espeak-ng's are heard in the test alone. */
final class Voices {
  private static final List<String> TRAIN =
      List.of(
          "flite:rms:1.0",
          "flite:rms:1.15",
          "flite:awb:1.0",
          "flite:awb:1.15",
          "flite:kal16:1.1",
          "flite:kal:1.1",
          "espeak:en-us:160",
          "espeak:en-us+f3:145",
          "espeak:en-us+m1:155",
          "espeak:en-gb:145");

  private static final List<String> DEV =
      List.of(
          "flite:rms:1.1",
          "flite:awb:1.05",
          "flite:kal16:1.05",
          "espeak:en-us:150",
          "espeak:en-us+f5:145",
          "espeak:en-us+m2:155");

  private static final List<String> TEST =
      List.of(
          "flite:slt:1.0",
          "flite:slt:1.1",
          "flite:rms:1.05",
          "flite:awb:1.1",
          "flite:kal16:1.0",
          "espeak:en-us:155",
          "espeak:en-us+m3:150",
          "espeak:en-us+f2:140",
          "espeak:en-gb-x-rp:145");

  private Voices() {}

  /** The voices of a split; see {@link Synthesis}. */
  static List<String> of(Split split) {
    return switch (split) {
      case TRAIN -> TRAIN;
      case DEV -> DEV;
      case TEST -> TEST;
    };
  }
}
