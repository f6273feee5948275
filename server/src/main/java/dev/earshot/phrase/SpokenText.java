package dev.earshot.phrase;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A written text as it would be said, piece by piece: each piece of the writing, up to white space,
 * with its spoken words in lower case. Numbers, initials, abbreviations and symbols become words,
 * marks above and below letters go. Immutable.
 *
 * @param written the text that the pieces lie in
 */
record SpokenText(String written, List<Piece> pieces) {
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Pattern APART = Pattern.compile(" +'s\\b");
  private static final Pattern MARKS = Pattern.compile("\\p{Mn}+");
  private static final Pattern INITIALS = Pattern.compile("(?:\\p{L}\\.)+\\p{L}?");
  private static final Pattern ORDINAL = Pattern.compile("(\\d{1,9})(?:st|nd|rd|th)");
  private static final Pattern TIME = Pattern.compile("(\\d{1,2}):([0-5]\\d)");
  private static final Pattern MONEY = Pattern.compile("([$£€])([\\d,]*\\d)(?:\\.(\\d\\d))?");
  private static final Pattern GROUPED = Pattern.compile("\\d{1,3}(?:,\\d{3})+");
  private static final Pattern DECIMAL = Pattern.compile("(\\d+)\\.(\\d+)");
  private static final Pattern RUN = Pattern.compile("\\d+|[\\p{L}']+");
  private static final Pattern NO_VOWEL = Pattern.compile("[B-DF-HJ-NP-TV-XZ]{2,5}");
  private static final Pattern DOMAIN = Pattern.compile("[\\p{L}\\d]+(?:\\.\\p{L}{2,4})+");

  private static final Map<String, String> CURRENCIES =
      Map.of("$", "dollars", "£", "pounds", "€", "euros");

  /** Wherever they stand. */
  private static final Map<String, String> ABBREVIATIONS =
      Map.ofEntries(
          Map.entry("mr", "mister"),
          Map.entry("mrs", "missus"),
          Map.entry("jr", "junior"),
          Map.entry("sr", "senior"),
          Map.entry("vs", "versus"),
          Map.entry("ave", "avenue"),
          Map.entry("blvd", "boulevard"),
          Map.entry("rd", "road"),
          Map.entry("hwy", "highway"),
          Map.entry("pkwy", "parkway"),
          Map.entry("apt", "apartment"),
          Map.entry("mt", "mount"),
          Map.entry("ft", "fort"),
          Map.entry("feat", "featuring"));

  /** In front of a name they are one word, behind it another. */
  private static final Map<String, String[]> BY_PLACE =
      Map.of("st", new String[] {"saint", "street"}, "dr", new String[] {"doctor", "drive"});

  private static final Map<String, String> ROMAN =
      Map.of(
          "II", "two", "III", "three", "IV", "four", "VI", "six", "VII", "seven", "VIII", "eight",
          "IX", "nine", "XI", "eleven", "XII", "twelve");

  private static final Map<String, String> SYMBOLS =
      Map.of("&", "and", "+", "plus", "@", "at", "%", "percent", "=", "equals");

  private static final Set<Character> INNER = Set.of('\'');

  SpokenText {
    pieces = List.copyOf(pieces);
  }

  /**
   * A piece of the writing.
   *
   * @param start where it begins in the writing, without punctuation around it
   * @param words as they are said; none for punctuation alone
   * @param cardinal the words where a number in it is read as an amount; as {@code words} elsewhere
   * @param capital whether it begins with a capital letter
   * @param ends whether a sentence or a part of one ends with it
   */
  record Piece(
      int start, int end, List<String> words, List<String> cardinal, boolean capital, Break ends) {
    Piece {
      words = List.copyOf(words);
      cardinal = List.copyOf(cardinal);
    }

    boolean isInitial() {
      return words.size() == 1 && words.get(0).length() == 1;
    }
  }

  /** What ends with a piece. */
  enum Break {
    NONE,
    /** A comma, a bracket, a colon, a quotation mark. */
    PART,
    SENTENCE
  }

  /**
   * Of a text.
   *
   * @param english whether numbers, symbols and abbreviations become English words
   */
  static SpokenText of(String text, boolean english) {
    String written =
        // "adele 's", as some recognisers and corpora write it.
        APART
            .matcher(Normalizer.normalize(text, Normalizer.Form.NFC).replace('’', '\''))
            .replaceAll("'s");
    List<Piece> pieces = new ArrayList<>();
    int position = 0;
    Matcher space = SPACE.matcher(written);
    List<int[]> chunks = new ArrayList<>();
    while (space.find()) {
      addChunk(chunks, position, space.start());
      position = space.end();
    }
    addChunk(chunks, position, written.length());
    for (int i = 0; i < chunks.size(); i++) {
      int[] chunk = chunks.get(i);
      pieces.add(piece(written, chunk[0], chunk[1], i == 0, i == chunks.size() - 1, english));
    }
    return new SpokenText(written, pieces);
  }

  private static void addChunk(List<int[]> chunks, int start, int end) {
    if (start < end) {
      chunks.add(new int[] {start, end});
    }
  }

  /** The words of some of the pieces, separated by spaces. */
  String words(int from, int to) {
    return join(from, to, false);
  }

  /** As {@link #words}, numbers read as amounts. */
  String cardinal(int from, int to) {
    return join(from, to, true);
  }

  private String join(int from, int to, boolean cardinal) {
    StringBuilder all = new StringBuilder();
    for (Piece piece : pieces.subList(from, to)) {
      for (String word : cardinal ? piece.cardinal() : piece.words()) {
        all.append(all.isEmpty() ? "" : " ").append(word);
      }
    }
    return all.toString();
  }

  /** Some of the pieces as they are written, without punctuation around them. */
  String written(int from, int to) {
    return from >= to ? "" : written.substring(pieces.get(from).start(), pieces.get(to - 1).end());
  }

  int size() {
    return pieces.size();
  }

  private static Piece piece(
      String written, int from, int to, boolean first, boolean last, boolean english) {
    int start = from;
    int end = to;
    while (start < end && !isInside(written.charAt(start), true)) {
      start++;
    }
    while (end > start && !isInside(written.charAt(end - 1), false)) {
      end--;
    }
    Break ends = end(written, end, to);
    if (start == end) {
      // A dash between words parts them; a lone symbol is said.
      String symbol = english ? SYMBOLS.get(written.substring(from, to)) : null;
      return symbol == null
          ? new Piece(from, from, List.of(), List.of(), false, last ? ends : Break.PART)
          : new Piece(from, to, List.of(symbol), List.of(symbol), false, Break.NONE);
    }
    String chunk = written.substring(start, end);
    boolean dotted = end < to && written.charAt(end) == '.';
    if (dotted && INITIALS.matcher(chunk + ".").matches() && chunk.length() <= 5) {
      end++;
      ends = end(written, end, to);
      chunk = chunk + ".";
    } else if (dotted && english && isAbbreviation(chunk)) {
      end++;
      ends = end(written, end, to);
    }
    boolean capital = Character.isUpperCase(chunk.codePointAt(0));
    List<String> words = new ArrayList<>();
    List<String> cardinal = new ArrayList<>();
    say(chunk, first, last, english, false, words);
    say(chunk, first, last, english, true, cardinal);
    return new Piece(start, end, words, cardinal, capital, ends);
  }

  private static boolean isAbbreviation(String chunk) {
    String lower = chunk.toLowerCase(Locale.ROOT);
    return ABBREVIATIONS.containsKey(lower) || BY_PLACE.containsKey(lower);
  }

  private static Break end(String written, int from, int to) {
    Break found = Break.NONE;
    for (int i = from; i < to; i++) {
      switch (written.charAt(i)) {
        case '.', '!', '?', '\n' -> found = Break.SENTENCE;
        case ',', ';', ':', ')', ']', '"', '”' -> {
          if (found == Break.NONE) {
            found = Break.PART;
          }
        }
        default -> {}
      }
    }
    return found;
  }

  private static boolean isInside(char c, boolean atStart) {
    return Character.isLetterOrDigit(c)
        || Character.isSurrogate(c)
        || Character.getType(c) == Character.NON_SPACING_MARK
        || (atStart ? c == '$' || c == '£' || c == '€' : c == '%');
  }

  private static void say(
      String chunk,
      boolean first,
      boolean last,
      boolean english,
      boolean asAmount,
      List<String> words) {
    if (INITIALS.matcher(chunk).matches()) {
      spell(chunk, words);
      return;
    }
    if (!english) {
      letters(chunk, words);
      return;
    }
    Matcher ordinal = ORDINAL.matcher(chunk.toLowerCase(Locale.ROOT));
    Matcher time = TIME.matcher(chunk);
    Matcher money = MONEY.matcher(chunk);
    Matcher decimal = DECIMAL.matcher(chunk);
    if (ordinal.matches()) {
      add(words, NumberWords.ordinal(ordinal.group(1)));
    } else if (time.matches()) {
      add(words, NumberWords.cardinal(time.group(1)));
      String minutes = time.group(2);
      add(words, minutes.equals("00") ? "o'clock" : minutes(minutes));
    } else if (money.matches()) {
      add(words, NumberWords.cardinal(money.group(2).replace(",", "")));
      add(words, CURRENCIES.getOrDefault(money.group(1), ""));
      String cents = money.group(3);
      if (cents != null && !cents.equals("00")) {
        add(words, NumberWords.cardinal(cents));
      }
    } else if (GROUPED.matcher(chunk).matches()) {
      add(words, NumberWords.cardinal(chunk.replace(",", "")));
    } else if (decimal.matches()) {
      add(words, NumberWords.cardinal(decimal.group(1)));
      add(words, "point");
      add(words, NumberWords.digitByDigit(decimal.group(2)));
    } else if (last && !first && ROMAN.containsKey(chunk)) {
      add(words, ROMAN.getOrDefault(chunk, ""));
    } else if (NO_VOWEL.matcher(chunk).matches()) {
      spell(chunk, words);
    } else if (DOMAIN.matcher(chunk).matches()) {
      String[] parts = chunk.split("\\.", -1);
      for (int i = 0; i < parts.length; i++) {
        if (i > 0) {
          words.add("dot");
        }
        runs(parts[i], asAmount, words);
      }
    } else {
      abbreviated(chunk, first, asAmount, words);
    }
  }

  private static String minutes(String minutes) {
    return minutes.charAt(0) == '0'
        ? "oh " + NumberWords.cardinal(minutes)
        : NumberWords.cardinal(minutes);
  }

  private static void abbreviated(
      String chunk, boolean first, boolean asAmount, List<String> words) {
    String lower = chunk.toLowerCase(Locale.ROOT);
    String[] byPlace = BY_PLACE.get(lower);
    String whole = byPlace == null ? ABBREVIATIONS.get(lower) : byPlace[first ? 0 : 1];
    if (whole != null && Character.isUpperCase(chunk.charAt(0))) {
      words.add(whole);
      return;
    }
    int position = 0;
    for (int i = 0; i <= chunk.length(); i++) {
      String symbol = i == chunk.length() ? null : SYMBOLS.get(chunk.substring(i, i + 1));
      if (i == chunk.length() || symbol != null) {
        String part = chunk.substring(position, i);
        if (symbol != null || position > 0) {
          // "AT&T", "R&B": short capitals beside a symbol are letters.
          if (part.length() <= 2 && part.chars().allMatch(Character::isUpperCase)) {
            spell(part, words);
          } else {
            runs(part, asAmount, words);
          }
        } else {
          runs(part, asAmount, words);
        }
        if (symbol != null) {
          words.add(symbol);
        }
        position = i + 1;
      }
    }
  }

  /** Letters and digits each in words of their own. */
  private static void runs(String part, boolean asAmount, List<String> words) {
    Matcher runs = RUN.matcher(withoutMarks(part));
    while (runs.find()) {
      String run = runs.group();
      if (run.charAt(0) >= '0' && run.charAt(0) <= '9') {
        add(words, asAmount ? NumberWords.cardinal(run) : NumberWords.asName(run));
      } else {
        addWord(words, run);
      }
    }
  }

  private static void letters(String chunk, List<String> words) {
    StringBuilder word = new StringBuilder();
    chunk
        .codePoints()
        .forEach(c -> {
          if (Character.isLetterOrDigit(c)
              || Character.getType(c) == Character.NON_SPACING_MARK
              || INNER.contains((char) c)) {
            word.appendCodePoint(c);
          } else if (!word.isEmpty()) {
            addWord(words, word.toString());
            word.setLength(0);
          }
        });
    if (!word.isEmpty()) {
      addWord(words, word.toString());
    }
  }

  private static void addWord(List<String> words, String word) {
    int start = 0;
    int end = word.length();
    while (start < end && word.charAt(start) == '\'') {
      start++;
    }
    while (end > start && word.charAt(end - 1) == '\'') {
      end--;
    }
    if (start == end) {
      return;
    }
    words.add(word.substring(start, end).toLowerCase(Locale.ROOT));
  }

  private static void add(List<String> words, String several) {
    for (String word : several.split(" ", -1)) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
  }

  private static void spell(String chunk, List<String> words) {
    withoutMarks(chunk)
        .codePoints()
        .filter(Character::isLetterOrDigit)
        .forEach(c -> {
          if (c >= '0' && c <= '9') {
            add(words, NumberWords.cardinal(Character.toString(c)));
          } else {
            words.add(Character.toString(Character.toLowerCase(c)));
          }
        });
  }

  private static String withoutMarks(String text) {
    return text.chars().allMatch(c -> c < 0x80)
        ? text
        : MARKS
            .matcher(Normalizer.normalize(text, Normalizer.Form.NFD))
            .replaceAll("")
            .replace("ß", "ss")
            .replace("ø", "o")
            .replace("Ø", "O")
            .replace("æ", "ae");
  }
}
