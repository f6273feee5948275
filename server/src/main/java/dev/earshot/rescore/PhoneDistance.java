package dev.earshot.rescore;

import dev.earshot.pronunciation.Phone;

/**
 * How far two sequences of phones sound apart: an edit distance (Wagner and Fischer, 1974) whose
 * costs follow how phones are made. Vowels differ by height, backness, rounding and glide,
 * consonants by place, manner and voice (Ladefoged's features); 1 is the cost of two phones that
 * have nothing in common. What is spoken faintly costs less to lose.
 *
 * <p>Not thread-safe: it owns its rows.
 */
final class PhoneDistance {
  /** The most phones of a sequence; what is longer is cut off. */
  static final int MAX_PHONES = 64;

  private static final float LOST = 0.75f;
  private static final float[][] SUBSTITUTION = substitutions();
  private static final float[] LOSS = losses();

  /** Costs in whole numbers, with which the rows are filled faster. */
  static final float UNIT = 1 / 1024f;

  /** The most that one edit costs. */
  static final int MAX_UNITS = 1 << 10;

  private static final int SHIFT = 6;
  private static final int[] SUBSTITUTION_UNITS = substitutionUnits();
  private static final int[] LOSS_UNITS = lossUnits();

  /** By phone and pair of others: two lanes of a pack. */
  private static final int[][] PAIR_UNITS = pairUnits();

  private final int[] row = new int[MAX_PHONES + 1];
  private final int[] next = new int[MAX_PHONES + 1];

  /** What it costs to hear one phone for the other, 0–1. */
  static float substitution(int phone, int other) {
    return SUBSTITUTION[phone][other];
  }

  /** What it costs to lose a phone, or to hear one that was not spoken. */
  static float loss(int phone) {
    return LOSS[phone];
  }

  /** {@link #loss} in units. */
  static int lossUnits(int phone) {
    return LOSS_UNITS[phone];
  }

  /** Two phones as one number. */
  static char pair(int phone, int other) {
    return (char) (phone * Phone.COUNT + other);
  }

  /**
   * {@link #substitution} of one phone by each of several, in units, packed as {@link PhraseLanes}
   * are.
   *
   * @param others by {@link #pair}; two for each pack
   */
  static void substitutions(int phone, char[] others, int packs, long[] into) {
    int[] units = PAIR_UNITS[phone];
    for (int i = 0; i < packs; i++) {
      long high = units[others[2 * i + 1]];
      into[i] = units[others[2 * i]] | high << (2 * PhraseLanes.BITS);
    }
  }

  /**
   * The distance of two sequences, one by one: {@link LaneDistance} finds many of them at once.
   *
   * @param limit of interest
   * @return the distance, or a number above {@code limit} where it is above
   */
  float between(byte[] a, int aFrom, int aLength, byte[] b, int bFrom, int bLength, float limit) {
    int limitUnits = (int) (limit / UNIT);
    int[] above = row;
    int[] here = next;
    int sum = 0;
    above[0] = 0;
    for (int j = 0; j < bLength; j++) {
      sum += LOSS_UNITS[b[bFrom + j]];
      above[j + 1] = sum;
    }
    for (int i = 0; i < aLength; i++) {
      int phone = a[aFrom + i];
      int costs = phone << SHIFT;
      int loss = LOSS_UNITS[phone];
      int diagonal = above[0];
      int left = diagonal + loss;
      here[0] = left;
      int least = left;
      for (int j = 0; j < bLength; j++) {
        int other = b[bFrom + j];
        int up = above[j + 1];
        int cost = Math.min(up + loss, left + LOSS_UNITS[other]);
        left = Math.min(cost, diagonal + SUBSTITUTION_UNITS[costs + other]);
        diagonal = up;
        here[j + 1] = left;
        least = Math.min(least, left);
      }
      if (least > limitUnits) {
        return Float.MAX_VALUE;
      }
      int[] swapped = above;
      above = here;
      here = swapped;
    }
    return above[bLength] * UNIT;
  }

  private static int[] substitutionUnits() {
    int[] units = new int[Phone.COUNT << SHIFT];
    for (int i = 0; i < Phone.COUNT; i++) {
      for (int j = 0; j < Phone.COUNT; j++) {
        units[(i << SHIFT) + j] = Math.round(SUBSTITUTION[i][j] / UNIT);
      }
    }
    return units;
  }

  private static int[][] pairUnits() {
    int[][] units = new int[Phone.COUNT][Phone.COUNT * Phone.COUNT];
    for (int i = 0; i < Phone.COUNT; i++) {
      for (int j = 0; j < Phone.COUNT; j++) {
        for (int k = 0; k < Phone.COUNT; k++) {
          units[i][pair(j, k)] =
              SUBSTITUTION_UNITS[(i << SHIFT) + j]
                  | SUBSTITUTION_UNITS[(i << SHIFT) + k] << PhraseLanes.BITS;
        }
      }
    }
    return units;
  }

  private static int[] lossUnits() {
    int[] units = new int[Phone.COUNT];
    for (int i = 0; i < Phone.COUNT; i++) {
      units[i] = Math.round(LOSS[i] / UNIT);
    }
    return units;
  }

  private static float[] losses() {
    float[] losses = new float[Phone.COUNT];
    for (int i = 0; i < losses.length; i++) {
      losses[i] =
          switch (Phone.of(i)) {
            case AH, IH, HH -> 0.5f;
            case T, D, R, L, Y, W -> 0.6f;
            case EH, UH, N, ER, V, TH, DH -> 0.7f;
            default -> LOST;
          };
    }
    return losses;
  }

  private static float[][] substitutions() {
    float[][] costs = new float[Phone.COUNT][Phone.COUNT];
    for (int i = 0; i < Phone.COUNT; i++) {
      for (int j = 0; j < Phone.COUNT; j++) {
        costs[i][j] = i == j ? 0 : cost(Phone.of(i), Phone.of(j));
      }
    }
    return costs;
  }

  private static float cost(Phone a, Phone b) {
    if (a.isVowel() && b.isVowel()) {
      float[] x = vowel(a);
      float[] y = vowel(b);
      float sum = 0;
      float[] weights = {0.22f, 0.16f, 0.1f, 0.35f, 0.3f};
      for (int i = 0; i < weights.length; i++) {
        sum += weights[i] * Math.abs(x[i] - y[i]);
      }
      return Math.min(1, 0.12f + sum);
    }
    if (!a.isVowel() && !b.isVowel()) {
      float[] x = consonant(a);
      float[] y = consonant(b);
      float place = Math.min(1, Math.abs(x[0] - y[0]) / 3f);
      float manner = x[1] == y[1] ? 0 : related((int) x[1], (int) y[1]);
      float voice = Math.abs(x[2] - y[2]);
      return Math.min(1, 0.1f + 0.4f * place + 0.55f * manner + 0.15f * voice);
    }
    Phone vowel = a.isVowel() ? a : b;
    Phone consonant = a.isVowel() ? b : a;
    return switch (consonant) {
      case R -> vowel == Phone.ER ? 0.3f : 1;
      case W -> vowel == Phone.UW || vowel == Phone.UH || vowel == Phone.OW ? 0.5f : 1;
      case Y -> vowel == Phone.IY || vowel == Phone.IH ? 0.5f : 1;
      case L -> vowel == Phone.AO || vowel == Phone.OW || vowel == Phone.UH ? 0.7f : 1;
      default -> 1;
    };
  }

  /** Height 0 (open) to 3, backness 0 (front) to 2, rounding, r-colour, glide: −1 to I, 1 to U. */
  private static float[] vowel(Phone phone) {
    return switch (phone) {
      case AA -> new float[] {0, 2, 0, 0, 0};
      case AE -> new float[] {0.5f, 0, 0, 0, 0};
      case AH -> new float[] {1.2f, 1, 0, 0, 0};
      case AO -> new float[] {0.6f, 2, 1, 0, 0};
      case AW -> new float[] {0.2f, 1.2f, 0, 0, 1};
      case AY -> new float[] {0.2f, 1.2f, 0, 0, -1};
      case EH -> new float[] {1.2f, 0, 0, 0, 0};
      case ER -> new float[] {1.3f, 1, 0, 1, 0};
      case EY -> new float[] {1.7f, 0, 0, 0, -0.7f};
      case IH -> new float[] {2.3f, 0.3f, 0, 0, 0};
      case IY -> new float[] {3, 0, 0, 0, 0};
      case OW -> new float[] {1.6f, 2, 1, 0, 0.7f};
      case OY -> new float[] {0.8f, 2, 1, 0, -1};
      case UH -> new float[] {2.3f, 1.7f, 0.7f, 0, 0};
      case UW -> new float[] {3, 2, 1, 0, 0};
      default -> throw new IllegalArgumentException("not a vowel");
    };
  }

  private static final int STOP = 0;
  private static final int AFFRICATE = 1;
  private static final int FRICATIVE = 2;
  private static final int NASAL = 3;
  private static final int LIQUID = 4;
  private static final int GLIDE = 5;

  /** Place 0 (lips) to 6 (throat), manner, voice. */
  private static float[] consonant(Phone phone) {
    return switch (phone) {
      case P -> new float[] {0, STOP, 0};
      case B -> new float[] {0, STOP, 1};
      case T -> new float[] {3, STOP, 0};
      case D -> new float[] {3, STOP, 1};
      case K -> new float[] {5, STOP, 0};
      case G -> new float[] {5, STOP, 1};
      case CH -> new float[] {4, AFFRICATE, 0};
      case JH -> new float[] {4, AFFRICATE, 1};
      case F -> new float[] {1, FRICATIVE, 0};
      case V -> new float[] {1, FRICATIVE, 1};
      case TH -> new float[] {2, FRICATIVE, 0};
      case DH -> new float[] {2, FRICATIVE, 1};
      case S -> new float[] {3, FRICATIVE, 0};
      case Z -> new float[] {3, FRICATIVE, 1};
      case SH -> new float[] {4, FRICATIVE, 0};
      case ZH -> new float[] {4, FRICATIVE, 1};
      case HH -> new float[] {6, FRICATIVE, 0};
      case M -> new float[] {0, NASAL, 1};
      case N -> new float[] {3, NASAL, 1};
      case NG -> new float[] {5, NASAL, 1};
      case L -> new float[] {3, LIQUID, 1};
      case R -> new float[] {4, LIQUID, 1};
      case W -> new float[] {0.5f, GLIDE, 1};
      case Y -> new float[] {4, GLIDE, 1};
      default -> throw new IllegalArgumentException("not a consonant");
    };
  }

  /** How unlike two manners are, 0–1. */
  private static float related(int a, int b) {
    int low = Math.min(a, b);
    int high = Math.max(a, b);
    if ((low == STOP && high == AFFRICATE) || (low == AFFRICATE && high == FRICATIVE)) {
      return 0.4f;
    }
    if (low == LIQUID && high == GLIDE) {
      return 0.5f;
    }
    return low == STOP && high == FRICATIVE ? 0.7f : 1;
  }
}
