package dev.earshot.perf.asr;

import com.ibm.icu.text.RuleBasedNumberFormat;
import com.ibm.icu.util.ULocale;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Text as it is said: words in lower case, separated by single spaces, with no punctuation but the
 * apostrophes within words; numbers, amounts, times and a few signs spelled out. References and
 * hypotheses go through it alike, so that "7:30 p.m." and "seven thirty pm" are the same words. Not
 * thread-safe.
 */
final class SpokenForm {
  private static final Pattern MARKS = Pattern.compile("\\p{M}+");
  private static final Pattern DOTTED =
      Pattern.compile("(?<![\\p{L}\\d])((?:\\p{L}\\.\\s?){2,})(?![\\p{L}\\d])");
  private static final Pattern SPLIT_POSSESSIVE =
      Pattern.compile("(?<=[\\p{L}\\d])\\s+'s(?![\\p{L}\\d])");
  private static final Pattern SPLIT_NOT = Pattern.compile("(?<=\\p{L})\\s+n't\\b");
  private static final Pattern MONEY =
      Pattern.compile("([$£€])\\s?(\\d[\\d,]*)(?:\\.(\\d{2}))?(?!\\d)");
  private static final Pattern TIME =
      Pattern.compile(
          "(?<![\\d.])(\\d{1,2})[:.](\\d{2})(?=\\s*[ap]\\.?\\s?m\\b)|(?<!\\d)(\\d{1,2}):(\\d{2})(?!\\d)");
  private static final Pattern HALF_DAY = Pattern.compile("(?<=[\\d\\s])([ap])\\.?\\s?m\\b\\.?");
  private static final Pattern ORDINAL = Pattern.compile("(?<![\\d.])(\\d+)(?:st|nd|rd|th)\\b");
  private static final Pattern GROUPED =
      Pattern.compile("(?<![\\d,])\\d{1,3}(?:,\\d{3})+(?![\\d,]|\\.\\d)");
  private static final Pattern DECIMAL = Pattern.compile("(\\d+)\\.(\\d+)");
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Pattern DECADE = Pattern.compile("(?<!\\d)(\\d{2}|\\d{4})'?s\\b");
  private static final Pattern OUTER_APOSTROPHES =
      Pattern.compile("(?<![\\p{L}\\d])'+|'+(?![\\p{L}\\d])");
  private static final Pattern OTHER = Pattern.compile("[^\\p{L}\\d']+");

  /** Longer ones are said digit by digit. */
  private static final int LONGEST_NUMBER = 6;

  private static final Map<String, String> SIGNS =
      Map.of(
          "&",
          " and ",
          "%",
          " percent ",
          "+",
          " plus ",
          "@",
          " at ",
          "=",
          " equals ",
          "°",
          " degrees ");
  private static final Map<String, String> CURRENCIES =
      Map.of("$", "dollar", "£", "pound", "€", "euro");
  private static final Map<String, String> WORDS =
      Map.of("mr", "mister", "mrs", "missus", "dr", "doctor", "ok", "okay", "vs", "versus");

  private final RuleBasedNumberFormat numbers =
      new RuleBasedNumberFormat(ULocale.US, RuleBasedNumberFormat.SPELLOUT);

  /** The spoken form; empty if there is no word. */
  String of(String text) {
    String spoken =
        MARKS
            .matcher(Normalizer.normalize(text, Normalizer.Form.NFKD))
            .replaceAll("")
            .toLowerCase(Locale.ROOT)
            .replace('’', '\'')
            .replace('‘', '\'')
            .replace('`', '\'');
    spoken = HALF_DAY.matcher(spoken).replaceAll(" $1m ");
    spoken = TIME.matcher(spoken).replaceAll(this::time);
    spoken = DOTTED.matcher(spoken).replaceAll(match -> match.group(1).replace(".", " ") + " ");
    spoken = SPLIT_POSSESSIVE.matcher(spoken).replaceAll("'s");
    spoken = SPLIT_NOT.matcher(spoken).replaceAll("n't");
    spoken = MONEY.matcher(spoken).replaceAll(this::money);
    for (Map.Entry<String, String> sign : SIGNS.entrySet()) {
      spoken = spoken.replace(sign.getKey(), sign.getValue());
    }
    spoken = GROUPED.matcher(spoken).replaceAll(match -> cardinal(match.group().replace(",", "")));
    spoken = DECADE.matcher(spoken).replaceAll(match -> plural(year(match.group(1))));
    spoken = ORDINAL.matcher(spoken).replaceAll(match -> ordinal(match.group(1)));
    spoken =
        DECIMAL
            .matcher(spoken)
            .replaceAll(match -> number(match.group(1)) + " point " + digits(match.group(2)));
    spoken = NUMBER.matcher(spoken).replaceAll(match -> " " + number(match.group()) + " ");
    spoken = OUTER_APOSTROPHES.matcher(spoken).replaceAll(" ");
    spoken = OTHER.matcher(spoken).replaceAll(" ").strip();
    StringBuilder words = new StringBuilder(spoken.length());
    for (String word : spoken.split(" ", -1)) {
      words.append(words.length() > 0 ? " " : "").append(WORDS.getOrDefault(word, word));
    }
    return words.toString();
  }

  private String time(MatchResult match) {
    boolean half = match.group(1) != null;
    String hour = half ? match.group(1) : match.group(3);
    String minute = half ? match.group(2) : match.group(4);
    String minutes =
        minute.equals("00")
            ? ""
            : minute.startsWith("0") ? "oh " + cardinal(minute) : cardinal(minute);
    return " " + cardinal(hour) + " " + minutes + " ";
  }

  private String money(MatchResult match) {
    String currency = CURRENCIES.getOrDefault(match.group(1), "");
    String whole = match.group(2).replace(",", "");
    String amount = " " + cardinal(whole) + " " + currency + (whole.equals("1") ? "" : "s");
    String cents = match.group(3);
    return cents == null || cents.equals("00")
        ? amount + " "
        : amount + " " + cardinal(cents) + " ";
  }

  private String number(String digits) {
    if (digits.length() > LONGEST_NUMBER || (digits.length() > 1 && digits.startsWith("0"))) {
      return digits(digits);
    }
    int value = Integer.parseInt(digits);
    return (value >= 1100 && value < 2000) || (value >= 2010 && value < 2100)
        ? year(digits)
        : cardinal(digits);
  }

  /** As a year is said: 1984, nineteen eighty four; 2010, twenty ten; also 80, eighty. */
  private String year(String digits) {
    int value = Integer.parseInt(digits);
    if (value < 1100 || (value >= 2000 && value < 2010)) {
      return cardinal(digits);
    }
    int rest = value % 100;
    String century = cardinal(Integer.toString(value / 100)) + " ";
    return century
        + (rest == 0 ? "hundred" : (rest < 10 ? "oh " : "") + cardinal(Integer.toString(rest)));
  }

  private static String plural(String words) {
    return " "
        + (words.endsWith("y") ? words.substring(0, words.length() - 1) + "ies" : words + "s")
        + " ";
  }

  private String cardinal(String digits) {
    return numbers.format(Long.parseLong(digits), "%spellout-cardinal").replace('-', ' ');
  }

  private String ordinal(String digits) {
    return digits.length() > LONGEST_NUMBER
        ? digits(digits)
        : numbers.format(Long.parseLong(digits), "%spellout-ordinal").replace('-', ' ');
  }

  private String digits(String digits) {
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < digits.length(); i++) {
      words.append(cardinal(digits.substring(i, i + 1))).append(' ');
    }
    return words.toString();
  }

  /** The words of a text in this form. */
  static List<String> words(String spoken) {
    return spoken.isEmpty() ? List.of() : List.of(spoken.split(" ", -1));
  }
}
