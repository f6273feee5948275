package dev.earshot.pronunciation;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** How a word or a phrase sounds: a sequence of {@linkplain Phone phones}. Immutable. */
public final class Pronunciation {
  private static final Pattern SPACES = Pattern.compile("\\s+");

  private final byte[] codes;

  private Pronunciation(byte[] codes) {
    this.codes = codes;
  }

  /** Of phones' codes, which are copied. */
  public static Pronunciation of(byte[] codes, int from, int to) {
    return new Pronunciation(Arrays.copyOfRange(codes, from, to));
  }

  /** Of phones, one after the other. */
  public static Pronunciation of(Phone... phones) {
    byte[] codes = new byte[phones.length];
    for (int i = 0; i < phones.length; i++) {
      codes[i] = phones[i].code();
    }
    return new Pronunciation(codes);
  }

  /**
   * Reads ARPAbet: phones separated by spaces, with or without a stress digit on vowels.
   *
   * @return empty if it is blank or one of its words is no phone
   */
  public static Optional<Pronunciation> parse(String arpabet) {
    String[] names = SPACES.split(arpabet.strip(), -1);
    byte[] codes = new byte[names.length];
    for (int i = 0; i < codes.length; i++) {
      String name = names[i].toUpperCase(Locale.ROOT);
      int end = name.length();
      boolean stressed = end > 1 && name.charAt(end - 1) >= '0' && name.charAt(end - 1) <= '2';
      Phone phone = Phone.named(stressed ? name.substring(0, end - 1) : name);
      if (phone == null || (stressed && !phone.isVowel())) {
        return Optional.empty();
      }
      codes[i] = phone.code();
    }
    return Optional.of(new Pronunciation(codes));
  }

  /** How many phones it has. */
  public int length() {
    return codes.length;
  }

  /** The code of the phone at {@code index}. */
  public int codeAt(int index) {
    return codes[index];
  }

  /** This one, and then another. */
  public Pronunciation then(Pronunciation next) {
    byte[] both = Arrays.copyOf(codes, codes.length + next.codes.length);
    System.arraycopy(next.codes, 0, both, codes.length, next.codes.length);
    return new Pronunciation(both);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Pronunciation that && Arrays.equals(codes, that.codes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(codes);
  }

  /** In ARPAbet, such as {@code B AW ER}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(codes.length * 3);
    for (byte code : codes) {
      if (text.length() > 0) {
        text.append(' ');
      }
      text.append(Phone.of(code));
    }
    return text.toString();
  }
}
