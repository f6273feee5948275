package dev.earshot.phrase;

import dev.earshot.phrase.SpokenText.Break;
import dev.earshot.phrase.SpokenText.Piece;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The forms in which a name would be said: whole, and as people shorten names of its kind. A form
 * of one ordinary word is none. Immutable and thread-safe.
 */
final class NameForms {
  /** Longer texts are sentences, which nobody repeats as a name. */
  private static final int MOST_WORDS = 12;

  private static final int MOST_LENGTH = 200;

  private static final Set<String> PEOPLE = Set.of("CONTACT", "PERSON");
  private static final Set<String> MAY_BE_PEOPLE = Set.of("LIST_ENTRY", "PHRASE");
  private static final Set<String> TITLES =
      Set.of("mister", "missus", "ms", "miss", "doctor", "professor", "sir", "lord", "captain");
  private static final Set<String> SUFFIXES = Set.of("junior", "senior");
  private static final Set<String> ARTICLES = Set.of("the", "a", "an");

  private static final Pattern SEPARATED_NAME =
      Pattern.compile("\\s*[\\p{L}'-]+\\s*,(?:\\s*[\\p{L}'.-]+){1,2}\\s*");

  private final OrdinaryWords words;

  NameForms(OrdinaryWords words) {
    this.words = words;
  }

  /**
   * One form.
   *
   * @param text words, in lower case
   * @param display as it is written
   * @param share how likely it is beside the whole name, which has 1
   */
  record Form(String text, String display, double share) {
    @Override
    public String toString() {
      return "Form[share=" + share + "]";
    }
  }

  /** The forms of a name, the whole first; none if it is no name. */
  List<Form> of(String name, String kind, boolean english) {
    SpokenText text = SpokenText.of(name, english);
    Forms forms = new Forms(text);
    int bracket = firstBracket(text);
    int size = bracket > 0 ? bracket : text.size();
    boolean swapped = PEOPLE.contains(kind) && SEPARATED_NAME.matcher(name).matches();
    if (swapped) {
      forms.put(text.words(1, size) + " " + text.words(0, 1), text.written(), 1);
      forms.put(text.words(1, 2), text.written(1, 2), 0.5);
      forms.put(text.words(0, 1), text.written(0, 1), 0.5);
      return forms.list();
    }
    forms.whole(0, size);
    if (forms.isEmpty()) {
      // A sentence: what stands in front of its first comma or colon may be the name.
      int end = firstBreak(text, size);
      if (end > 0 && end < size) {
        forms.whole(0, end);
      }
      return forms.list();
    }
    forms.add(0, text.size(), 0.3);
    int begin = 0;
    while (begin < size - 1 && english && ARTICLES.contains(text.words(begin, begin + 1))) {
      begin++;
    }
    forms.add(begin, size, 0.7);
    boolean oneWord = wordCount(text, begin, size) == 1;
    if (text.words(0, size).endsWith("'s") && (oneWord || isPersonal(kind))) {
      forms.put(chopped(text.words(begin, size)), chopped(text.written(begin, size)), 0.6);
    }
    int end = firstBreak(text, size);
    if (end > begin && end < size) {
      forms.add(begin, end, 0.6);
      if (!kind.equals("PLACE")) {
        forms.add(end, size, 0.3);
      }
    } else {
      end = size;
    }
    if (isPersonal(kind) || (MAY_BE_PEOPLE.contains(kind) && looksLikeAPerson(text, size))) {
      person(text, begin, size, kind, forms);
    } else {
      thing(text, begin, end, kind, forms);
    }
    return forms.list();
  }

  private static boolean isPersonal(String kind) {
    return PEOPLE.contains(kind) || kind.equals("ARTIST");
  }

  private static String chopped(String possessive) {
    return possessive.substring(0, possessive.length() - 2);
  }

  private static int wordCount(SpokenText text, int from, int to) {
    int count = 0;
    for (Piece piece : text.pieces().subList(from, to)) {
      count += piece.words().size();
    }
    return count;
  }

  /** Two or three capitalised words, none of them ordinary. */
  private boolean looksLikeAPerson(SpokenText text, int size) {
    if (size < 2 || size > 3) {
      return false;
    }
    for (Piece piece : text.pieces().subList(0, size)) {
      if (!piece.capital()
          || piece.words().size() != 1
          || (!piece.isInitial() && words.isOrdinary(piece.words().get(0)))) {
        return false;
      }
    }
    return true;
  }

  /** By first name, by last name, without title and initials. */
  private void person(SpokenText text, int begin, int size, String kind, Forms forms) {
    int from = begin;
    while (from < size - 1 && TITLES.contains(text.words(from, from + 1))) {
      from++;
    }
    int to = size;
    while (to > from + 1 && SUFFIXES.contains(text.words(to - 1, to))) {
      to--;
    }
    forms.add(from, to, 0.5);
    for (int i = from; i < to; i++) {
      List<String> piece = text.pieces().get(i).words();
      if (i > from && piece.size() == 1 && words.isFunctionWord(piece.get(0))) {
        // "Meg from work".
        forms.add(from, i, 0.5);
        to = i;
        break;
      }
    }
    if (to - from < 2) {
      return;
    }
    boolean artist = kind.equals("ARTIST");
    if (from == begin) {
      forms.add(from, from + 1, artist ? 0.2 : 0.5);
    }
    forms.add(to - 1, to, 0.5);
    if (to - from > 2) {
      forms.put(
          text.words(from, from + 1) + " " + text.words(to - 1, to),
          text.written(from, from + 1) + " " + text.written(to - 1, to),
          0.4);
    }
  }

  /** Without a house number, and without what only says what sort of thing it is. */
  private void thing(SpokenText text, int begin, int end, String kind, Forms forms) {
    int from = begin;
    if (kind.equals("PLACE")
        && end - from > 1
        && Character.isDigit(text.written().charAt(text.pieces().get(from).start()))) {
      from++;
      forms.add(from, end, 0.4);
    }
    if (kind.equals("TITLE") || kind.equals("DEVICE")) {
      return;
    }
    int to = end;
    while (to > from) {
      String last = text.words(to - 1, to);
      if (last.isEmpty() || !words.isOrdinary(last) || words.isFunctionWord(last)) {
        break;
      }
      to--;
    }
    if (to < end && to > from && !words.isFunctionWord(text.words(to - 1, to))) {
      forms.add(from, to, 0.4);
    }
  }

  private static int firstBracket(SpokenText text) {
    for (int i = 1; i < text.size(); i++) {
      int start = text.pieces().get(i).start();
      if (start > 0 && "([".indexOf(text.written().charAt(start - 1)) >= 0) {
        return i;
      }
    }
    return 0;
  }

  /** The number of pieces up to the first comma, colon or dash; {@code size}: there is none. */
  private static int firstBreak(SpokenText text, int size) {
    for (int i = 0; i < size - 1; i++) {
      if (text.pieces().get(i).ends() == Break.PART) {
        return i + 1;
      }
    }
    return size;
  }

  /** What was found, each text once. */
  private final class Forms {
    private final Map<String, Form> byText = new LinkedHashMap<>();
    private final SpokenText text;

    Forms(SpokenText text) {
      this.text = text;
    }

    boolean isEmpty() {
      return byText.isEmpty();
    }

    /** The name itself, which may be a single ordinary word, but then is less likely to be one. */
    void whole(int from, int to) {
      String spoken = text.words(from, to);
      if (!isNameLength(spoken) || isFunctionWordsAlone(spoken)) {
        return;
      }
      boolean plain = spoken.indexOf(' ') < 0 && words.isOrdinary(spoken);
      put(spoken, text.written(from, to), plain ? 0.3 : 1);
      put(text.cardinal(from, to), text.written(from, to), 0.4);
    }

    void add(int from, int to, double share) {
      String spoken = text.words(from, to);
      boolean single = spoken.indexOf(' ') < 0;
      if ((single && words.isOrdinary(spoken))
          || !isNameLength(spoken)
          || isFunctionWordsAlone(spoken)) {
        return;
      }
      put(spoken, text.written(from, to), share);
    }

    void put(String spoken, String display, double share) {
      if (spoken.isEmpty() || display.isEmpty()) {
        return;
      }
      if (spoken.indexOf(' ') < 0 && share < 1 && !byText.isEmpty() && words.isOrdinary(spoken)) {
        return;
      }
      byText.putIfAbsent(spoken, new Form(spoken, display, share));
    }

    private boolean isNameLength(String spoken) {
      return !spoken.isEmpty()
          && spoken.length() <= MOST_LENGTH
          && spoken.chars().filter(c -> c == ' ').count() < MOST_WORDS;
    }

    private boolean isFunctionWordsAlone(String spoken) {
      for (String word : spoken.toLowerCase(Locale.ROOT).split(" ", -1)) {
        if (!words.isFunctionWord(word)) {
          return false;
        }
      }
      return true;
    }

    List<Form> list() {
      return new ArrayList<>(byText.values());
    }
  }
}
