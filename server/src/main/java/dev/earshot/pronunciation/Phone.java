package dev.earshot.pronunciation;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The sounds of English in ARPAbet, as in CMUdict: 39 phones. Stress is not a part of them: a
 * recogniser's mistakes do not keep to it.
 */
public enum Phone {
  AA(0),
  AE(1),
  AH(2),
  AO(3),
  AW(4),
  AY(5),
  B(6),
  CH(7),
  D(8),
  DH(9),
  EH(10),
  ER(11),
  EY(12),
  F(13),
  G(14),
  HH(15),
  IH(16),
  IY(17),
  JH(18),
  K(19),
  L(20),
  M(21),
  N(22),
  NG(23),
  OW(24),
  OY(25),
  P(26),
  R(27),
  S(28),
  SH(29),
  T(30),
  TH(31),
  UH(32),
  UW(33),
  V(34),
  W(35),
  Y(36),
  Z(37),
  ZH(38);

  private static final Phone[] ALL = values();
  private static final Map<String, Phone> BY_NAME =
      Arrays.stream(ALL).collect(Collectors.toUnmodifiableMap(Phone::name, phone -> phone));

  private final byte code;

  Phone(int code) {
    this.code = (byte) code;
  }

  /** How many there are. */
  public static final int COUNT = ALL.length;

  /** Its number, from 0, in lexicons and models too. */
  public byte code() {
    return code;
  }

  /** The phone of a code. */
  public static Phone of(int code) {
    return ALL[code];
  }

  /** The phone of that name, in capitals and without a stress digit; null if there is none. */
  static @Nullable Phone named(String name) {
    return BY_NAME.get(name);
  }

  /** Whether it is a vowel, which alone carries stress. */
  public boolean isVowel() {
    return switch (this) {
      case AA, AE, AH, AO, AW, AY, EH, ER, EY, IH, IY, OW, OY, UH, UW -> true;
      default -> false;
    };
  }
}
