package dev.earshot.phrase;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A written text as it would be said, piece by piece: each piece of the writing, up to white space,
 * with its spoken words in lower case. Numbers, initials, abbreviations and symbols become words,
 * marks above and below letters go. What is to be said and what a recogniser heard are both read
 * so, that they can be compared. Immutable.
 *
 * @param written the text that the pieces lie in
 */
public record SpokenText(String written, List<Piece> pieces) {
  private static final Pattern APART = Pattern.compile(" +'s\\b");
  private static final Pattern MARKS = Pattern.compile("\\p{Mn}+");
  private static final Pattern INITIALS = Pattern.compile("(?:\\p{L}\\.)+\\p{L}?");
  private static final Pattern ORDINAL = Pattern.compile("(\\d{1,9})(?:st|nd|rd|th)");
  private static final Pattern TIME = Pattern.compile("(\\d{1,2}):([0-5]\\d)");
  private static final Pattern MONEY = Pattern.compile("([$£€])([\\d,]*\\d)(?:\\.(\\d\\d))?");
  private static final Pattern GROUPED = Pattern.compile("\\d{1,3}(?:,\\d{3})+");
  private static final Pattern DECIMAL = Pattern.compile("(\\d+)\\.(\\d+)");
  private static final Pattern RUN = Pattern.compile("[0-9]+|[\\p{L}\\p{M}'[\\p{Nd}&&[^0-9]]]+");
  private static final Pattern NO_VOWEL = Pattern.compile("[B-DF-HJ-NP-TV-XZ]{2,5}");
  private static final Pattern DOMAIN = Pattern.compile("[\\p{L}\\d]+(?:\\.\\p{L}{2,4})+");

  /** What some recognisers write apart from its word: "it 's". */
  private static final Pattern CLITIC =
      Pattern.compile("'(?:s|m|d|t|re|ll|ve)(?![\\p{L}\\d'])\\P{L}*", Pattern.CASE_INSENSITIVE);

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

  public SpokenText {
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
  public record Piece(
      int start, int end, List<String> words, List<String> cardinal, boolean capital, Break ends) {
    public Piece {
      words = List.copyOf(words);
      cardinal = List.copyOf(cardinal);
    }

    boolean isInitial() {
      return words.size() == 1 && words.get(0).length() == 1;
    }

    @Override
    public String toString() {
      return "Piece[words=" + words.size() + "]";
    }
  }

  /**
   * The least of the writing that can be replaced by something else: a word, also one beside a
   * hyphen, or all of a number or of initials.
   *
   * @param words as they are said; at least one
   */
  public record Part(int start, int end, List<String> words) {
    public Part {
      words = List.copyOf(words);
    }

    @Override
    public String toString() {
      return "Part[words=" + words.size() + "]";
    }
  }

  /** What ends with a piece. */
  public enum Break {
    NONE,
    /** A comma, a bracket, a colon, a quotation mark. */
    PART,
    SENTENCE
  }

  /** Whether texts of a locale, BCP 47, are read as English; those of the empty one are. */
  public static boolean isEnglish(String locale) {
    return locale.isEmpty()
        || locale.equalsIgnoreCase("en")
        || locale.regionMatches(true, 0, "en-", 0, 3)
        || locale.regionMatches(true, 0, "en_", 0, 3);
  }

  /**
   * Of a text, whose writing is normalised first.
   *
   * @param english whether numbers, symbols and abbreviations become English words
   */
  static SpokenText of(String text, boolean english) {
    return asWritten(
        // "adele 's", as some recognisers and corpora write it.
        APART
            .matcher(Normalizer.normalize(text, Normalizer.Form.NFC).replace('’', '\''))
            .replaceAll("'s"),
        english);
  }

  /**
   * Of a text, the pieces of which lie where they do in it.
   *
   * @param english whether numbers, symbols and abbreviations become English words
   */
  public static SpokenText asWritten(String text, boolean english) {
    String written = text.replace('’', '\'');
    List<int[]> chunks = chunks(written);
    int size = chunks.size();
    List<Piece> pieces = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      int[] chunk = chunks.get(i);
      boolean inFront = i == 0 || (i < size - 1 && isInFrontOfName(written, chunks, i));
      pieces.add(
          piece(written, chunk[0], chunk[1], new Place(i == 0, i == size - 1, inFront), english));
    }
    return new SpokenText(written, pieces);
  }

  /** Where a piece stands. */
  private record Place(boolean first, boolean last, boolean inFrontOfName) {}

  private static List<int[]> chunks(String written) {
    List<int[]> chunks = new ArrayList<>();
    int position = 0;
    for (int i = 0; i <= written.length(); i++) {
      if (i < written.length() && !isSpace(written.charAt(i))) {
        continue;
      }
      if (position < i) {
        int[] before = chunks.isEmpty() ? null : chunks.get(chunks.size() - 1);
        if (before != null
            && position - before[1] == 1
            && written.charAt(position) == '\''
            && Character.isLetter(written.charAt(before[1] - 1))
            && CLITIC.matcher(written).region(position, i).matches()) {
          before[1] = i;
        } else {
          chunks.add(new int[] {position, i});
        }
      }
      position = i + 1;
    }
    return chunks;
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  /** Whether a title would stand here: "call Dr. Smith", but "Mulholland Dr. Los Angeles". */
  private static boolean isInFrontOfName(String written, List<int[]> chunks, int i) {
    int[] chunk = chunks.get(i);
    boolean toName = Character.isUpperCase(written.charAt(chunks.get(i + 1)[0]));
    boolean fromName = Character.isUpperCase(written.charAt(chunks.get(i - 1)[0]));
    boolean isDoctor = written.startsWith("Dr", chunk[0]) && i == 1;
    return toName && (!fromName || isDoctor) && written.charAt(chunk[1] - 1) != ',';
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

  /** What can be replaced, in order; what is not said is a part of nothing. */
  public List<Part> parts() {
    List<Part> parts = new ArrayList<>(pieces.size());
    for (Piece piece : pieces) {
      if (piece.words.size() > 1) {
        addParts(piece, parts);
      } else if (!piece.words.isEmpty()) {
        parts.add(new Part(piece.start, piece.end, piece.words));
      }
    }
    return parts;
  }

  /** Those of a piece of several words: where these are all that is written, each on its own. */
  private void addParts(Piece piece, List<Part> parts) {
    List<Part> apart = new ArrayList<>();
    int i = piece.start;
    boolean plain = true;
    while (i < piece.end && plain) {
      int from = i;
      while (i < piece.end && isOfWord(written.codePointAt(i))) {
        i += Character.charCount(written.codePointAt(i));
      }
      if (i == from) {
        plain = written.charAt(i) != '.';
        i += Character.charCount(written.codePointAt(i));
        continue;
      }
      List<String> word = new ArrayList<>(1);
      addWord(word, written.substring(from, i));
      if (!word.isEmpty()) {
        apart.add(new Part(from, i, word));
      }
    }
    plain &= apart.size() == piece.words.size();
    for (int j = 0; plain && j < apart.size(); j++) {
      plain =
          withoutMarks(apart.get(j).words.get(0)).equals(withoutMarks(piece.words.get(j)))
              && !Character.isDigit(piece.words.get(j).charAt(0));
    }
    if (plain) {
      parts.addAll(apart);
    } else {
      parts.add(new Part(piece.start, piece.end, piece.words));
    }
  }

  private static Piece piece(String written, int from, int to, Place place, boolean english) {
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
          ? new Piece(from, from, List.of(), List.of(), false, place.last ? ends : Break.PART)
          : new Piece(from, to, List.of(symbol), List.of(symbol), false, Break.NONE);
    }
    // A space within it is one that a recogniser wrote in front of "'s".
    String chunk = written.substring(start, end).replace(" ", "");
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
    List<String> words = new ArrayList<>(1);
    if (isPlain(chunk) && !isAbbreviation(chunk)) {
      addWord(words, chunk);
      return new Piece(start, end, words, words, capital, ends);
    }
    List<String> cardinal = new ArrayList<>();
    say(chunk, place, english, false, words);
    say(chunk, place, english, true, cardinal);
    return new Piece(start, end, words, cardinal, capital, ends);
  }

  /** Whether it is a word of ASCII letters, in small letters but for the first. */
  private static boolean isPlain(String chunk) {
    for (int i = 0; i < chunk.length(); i++) {
      char c = chunk.charAt(i);
      if (!(c >= 'a' && c <= 'z') && c != '\'' && !(i == 0 && c >= 'A' && c <= 'Z')) {
        return false;
      }
    }
    return true;
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
        || isMark(c)
        || (atStart ? c == '$' || c == '£' || c == '€' : c == '%');
  }

  private static boolean isMark(int codePoint) {
    int type = Character.getType(codePoint);
    return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
  }

  private static boolean isOfWord(int codePoint) {
    return Character.isLetterOrDigit(codePoint) || isMark(codePoint) || codePoint == '\'';
  }

  private static void say(
      String chunk, Place place, boolean english, boolean asAmount, List<String> words) {
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
    } else if (place.last && !place.first && ROMAN.containsKey(chunk)) {
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
      abbreviated(chunk, place, asAmount, words);
    }
  }

  private static String minutes(String minutes) {
    return minutes.charAt(0) == '0'
        ? "oh " + NumberWords.cardinal(minutes)
        : NumberWords.cardinal(minutes);
  }

  private static void abbreviated(String chunk, Place place, boolean asAmount, List<String> words) {
    String lower = chunk.toLowerCase(Locale.ROOT);
    String[] byPlace = BY_PLACE.get(lower);
    String whole =
        byPlace == null ? ABBREVIATIONS.get(lower) : byPlace[place.inFrontOfName ? 0 : 1];
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
          if (isOfWord(c)) {
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
    String lower = word.substring(start, end).toLowerCase(Locale.ROOT);
    words.add(Normalizer.normalize(lower, Normalizer.Form.NFC));
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
        : Normalizer.normalize(
            MARKS
                .matcher(Normalizer.normalize(text, Normalizer.Form.NFD))
                .replaceAll("")
                .replace("ß", "ss")
                .replace("ø", "o")
                .replace("Ø", "O")
                .replace("æ", "ae"),
            Normalizer.Form.NFC);
  }
}
