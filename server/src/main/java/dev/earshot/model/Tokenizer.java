package dev.earshot.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a text into words and finds their ids, as {@code models/README.md}, Tokenisation, specifies.
 *
 * <p>Immutable and thread-safe.
 */
public final class Tokenizer {
  static final String VOCABULARY_FILE = "vocabulary.txt";

  /** Beyond the end of a text. */
  public static final int PAD = 0;

  /** The only token of a text without words. */
  public static final int EMPTY = 1;

  /** A word that is not in the vocabulary. */
  public static final int UNKNOWN = 2;

  private static final List<String> SPECIAL = List.of("<pad>", "<empty>", "<unknown>");

  private static final int FNV_OFFSET = 0x811c9dc5;
  private static final int FNV_PRIME = 0x01000193;

  private final Folding folding;
  private final StringTable vocabulary;
  private final Manifest.TokenizerOptions options;
  private final int ngramBuckets;

  /** What a thread cuts one text after the other with, so that only results are allocated. */
  private final ThreadLocal<Cut> cuts = ThreadLocal.withInitial(Cut::new);

  Tokenizer(
      Folding folding,
      StringTable vocabulary,
      Manifest.TokenizerOptions options,
      int ngramBuckets) {
    this.folding = folding;
    this.vocabulary = vocabulary;
    this.options = options;
    this.ngramBuckets = ngramBuckets;
  }

  static StringTable parseVocabulary(byte[] file, int expected) throws BundleException {
    StringTable.Builder words = new StringTable.Builder(expected);
    int start = 0;
    for (int i = 0; i < file.length; i++) {
      if (file[i] == '\n') {
        words.add(file, start, i - start);
        start = i + 1;
      }
    }
    if (start < file.length) {
      words.add(file, start, file.length - start);
    }
    if (words.size() != expected) {
      throw new BundleException(
          VOCABULARY_FILE, words.size() + " words (expected: " + expected + ")");
    }
    StringTable vocabulary = words.indexed();
    for (int id = 0; id < SPECIAL.size(); id++) {
      if (!vocabulary.get(id).equals(SPECIAL.get(id))) {
        throw new BundleException(
            VOCABULARY_FILE, "line " + (id + 1) + " (expected: " + SPECIAL.get(id) + ")");
      }
    }
    return vocabulary;
  }

  /** The most words of a text that are read. */
  public int maxWords() {
    return options.maxWords();
  }

  public Tokens tokenize(String text) {
    return cuts.get().tokens(text);
  }

  /**
   * The folded code points of a text, for graphs that read letters: separators between words as one
   * space, none at either end.
   *
   * @param max how many code points are read at most
   * @return at least one code point: a space where there is no other
   */
  public int[] characters(String text, int max) {
    int[] found = new int[max];
    int count = 0;
    boolean separated = false;
    int position = 0;
    while (position < text.length() && count + (separated ? 1 : 0) < max) {
      int codePoint = text.codePointAt(position);
      position += Character.charCount(codePoint);
      int rule = folding.of(codePoint);
      if (rule == Folding.SEPARATOR) {
        separated = count > 0;
        continue;
      }
      int[] folded = rule == Folding.KEEP ? new int[] {codePoint} : folding.replacement(rule);
      for (int character : folded) {
        if (separated) {
          found[count++] = ' ';
        }
        separated = false;
        if (count < max) {
          found[count++] = character;
        }
      }
    }
    if (count == 0) {
      found[count++] = ' ';
    }
    return Arrays.copyOf(found, count);
  }

  /** One text being cut: the word under construction, as UTF-8, and what is finished. */
  private final class Cut {
    private static final int COMMON_WORD_BYTES = 64;

    private final int[] ids = new int[options.maxWords()];
    private int count;
    private List<int[]> unknownNgrams = List.of();
    private byte[] word = new byte[COMMON_WORD_BYTES];
    private int length;

    Tokens tokens(String text) {
      count = 0;
      unknownNgrams = List.of();
      length = 0;
      int position = 0;
      while (position < text.length() && count < ids.length) {
        int codePoint = text.codePointAt(position);
        position += Character.charCount(codePoint);
        int rule = folding.of(codePoint);
        if (rule == Folding.KEEP) {
          append(codePoint);
        } else if (rule == Folding.SEPARATOR) {
          finishWord();
        } else {
          for (int replacement : folding.replacement(rule)) {
            append(replacement);
          }
        }
      }
      if (count < ids.length) {
        finishWord();
      }
      if (count == 0) {
        ids[count++] = EMPTY;
      }
      if (word.length > COMMON_WORD_BYTES) {
        // One endless word shall not stay in memory, neither its length nor its letters.
        word = new byte[COMMON_WORD_BYTES];
      }
      return new Tokens(Arrays.copyOf(ids, count), unknownNgrams);
    }

    private void append(int codePoint) {
      if (length + 4 > word.length) {
        word = Arrays.copyOf(word, 2 * word.length);
      }
      if (codePoint < 0x80) {
        word[length++] = (byte) codePoint;
      } else if (codePoint < 0x800) {
        word[length++] = (byte) (0xc0 | (codePoint >> 6));
        word[length++] = (byte) (0x80 | (codePoint & 0x3f));
      } else if (codePoint < 0x10000) {
        word[length++] = (byte) (0xe0 | (codePoint >> 12));
        word[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
        word[length++] = (byte) (0x80 | (codePoint & 0x3f));
      } else {
        word[length++] = (byte) (0xf0 | (codePoint >> 18));
        word[length++] = (byte) (0x80 | ((codePoint >> 12) & 0x3f));
        word[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
        word[length++] = (byte) (0x80 | (codePoint & 0x3f));
      }
    }

    private void finishWord() {
      int start = 0;
      int end = length;
      while (start < end && word[start] == '\'') {
        start++;
      }
      while (end > start && word[end - 1] == '\'') {
        end--;
      }
      length = 0;
      if (start == end) {
        return;
      }
      int id = vocabulary.find(word, start, end - start);
      // The names of the special tokens cannot be words: '<' is a separator.
      if (id > UNKNOWN) {
        ids[count++] = id;
        return;
      }
      ids[count++] = UNKNOWN;
      if (unknownNgrams.isEmpty()) {
        unknownNgrams = new ArrayList<>(4);
      }
      unknownNgrams.add(ngrams(start, end));
    }

    private int[] ngrams(int start, int end) {
      // The word's code points between '<' and '>', as UTF-8, and where each begins.
      byte[] marked = new byte[4 * options.maxWordCharacters() + 2];
      int[] starts = new int[options.maxWordCharacters() + 3];
      int size = 0;
      int characters = 0;
      starts[characters++] = size;
      marked[size++] = '<';
      for (int i = start; i < end; i++) {
        boolean startsCodePoint = (word[i] & 0xc0) != 0x80;
        if (startsCodePoint) {
          if (characters > options.maxWordCharacters()) {
            break;
          }
          starts[characters++] = size;
        }
        marked[size++] = word[i];
      }
      starts[characters++] = size;
      marked[size++] = '>';
      starts[characters] = size;
      int[] buckets = new int[options.maxNgrams()];
      int found = 0;
      for (int n = options.ngramMin(); n <= options.ngramMax(); n++) {
        for (int i = 0; i + n <= characters && found < buckets.length; i++) {
          buckets[found++] = bucket(marked, starts[i], starts[i + n]);
        }
      }
      return Arrays.copyOf(buckets, found);
    }

    private int bucket(byte[] utf8, int start, int end) {
      int hash = FNV_OFFSET;
      for (int i = start; i < end; i++) {
        hash = (hash ^ (utf8[i] & 0xff)) * FNV_PRIME;
      }
      return 1 + Integer.remainderUnsigned(hash, ngramBuckets - 1);
    }
  }
}
