package dev.earshot.rescore;

import dev.earshot.pronunciation.Phone;

/**
 * How many phones of each class a sequence has, in one number, whatever their order: each class has
 * some bits, as many of which are set as there are phones. The bits in which two signatures differ
 * are the sum of the differences over classes, so that comparing two sequences roughly takes an
 * exclusive or and a count of bits. Phones that are often taken for each other share a class.
 */
final class PhoneSignature {
  /** The first bit of each class, and the end of the last. */
  private static final int[] FIRST = {0, 11, 16, 22, 27, 32, 38, 44, 49, 54, 58, 63};

  private static final byte[] CLASS = new byte[Phone.COUNT];

  static {
    for (int i = 0; i < Phone.COUNT; i++) {
      CLASS[i] = classOf(Phone.of(i));
    }
  }

  private PhoneSignature() {}

  /** The signature of phones; what goes beyond a class's bits is not counted. */
  static long of(byte[] phones, int from, int length) {
    long signature = 0;
    for (int i = from; i < from + length; i++) {
      int group = CLASS[phones[i]];
      long bits = ((1L << (FIRST[group + 1] - FIRST[group])) - 1) << FIRST[group];
      // One bit more of the class's, from its first.
      signature |= (((signature & bits) << 1) | (1L << FIRST[group])) & bits;
    }
    return signature;
  }

  /** By how many phones two signatures differ: what one has more of and the other has more of. */
  static int difference(long a, long b) {
    return Long.bitCount(a ^ b);
  }

  private static byte classOf(Phone phone) {
    return switch (phone) {
      case P, B -> 1;
      case T, D -> 2;
      case K, G -> 3;
      case F, V, TH, DH -> 4;
      case S, Z, SH, ZH, CH, JH -> 5;
      case M, N, NG -> 6;
      case L -> 7;
      case R -> 8;
      case W -> 9;
      case Y, HH -> 10;
      default -> 0;
    };
  }
}
