package dev.earshot.phrase;

import java.util.List;

/** English numbers as they are said. */
final class NumberWords {
  private static final String[] SMALL = {
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen"
  };
  private static final String[] TENS = {
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"
  };
  private static final int LONGEST_CARDINAL = 9;

  private NumberWords() {}

  /**
   * As names and addresses are read: in pairs ("nineteen eighty four", "one oh one"), round ones in
   * hundreds, long ones digit by digit.
   *
   * @param digits 0 to 9 alone, at least one
   */
  static String asName(String digits) {
    if (digits.length() > 4 || (digits.length() > 1 && digits.charAt(0) == '0')) {
      return digitByDigit(digits);
    }
    int value = Integer.parseInt(digits);
    if (value < 100 || (value >= 2000 && value < 2010) || value % 1000 == 0) {
      return cardinal(digits);
    }
    String hundreds = cardinal(String.valueOf(value / 100));
    int rest = value % 100;
    if (rest == 0) {
      return hundreds + " hundred";
    }
    return hundreds + " " + (rest < 10 ? "oh " : "") + cardinal(String.valueOf(rest));
  }

  /**
   * As amounts are read: "one hundred one".
   *
   * @param digits 0 to 9 alone, at least one
   */
  static String cardinal(String digits) {
    if (digits.length() > LONGEST_CARDINAL) {
      return digitByDigit(digits);
    }
    int value = Integer.parseInt(digits);
    if (value == 0) {
      return SMALL[0];
    }
    StringBuilder words = new StringBuilder();
    append(words, value / 1_000_000, " million");
    append(words, value / 1_000 % 1_000, " thousand");
    append(words, value % 1_000, "");
    return words.toString();
  }

  private static void append(StringBuilder words, int below1000, String unit) {
    if (below1000 == 0) {
      return;
    }
    separate(words);
    if (below1000 >= 100) {
      words.append(SMALL[below1000 / 100]).append(" hundred");
    }
    int rest = below1000 % 100;
    if (rest > 0) {
      separate(words);
      if (rest < 20) {
        words.append(SMALL[rest]);
      } else {
        words.append(TENS[rest / 10]);
        if (rest % 10 > 0) {
          words.append(' ').append(SMALL[rest % 10]);
        }
      }
    }
    words.append(unit);
  }

  private static void separate(StringBuilder words) {
    if (!words.isEmpty()) {
      words.append(' ');
    }
  }

  /** "twenty first" of "21". */
  static String ordinal(String digits) {
    String cardinal = cardinal(digits);
    int last = cardinal.lastIndexOf(' ') + 1;
    String word = cardinal.substring(last);
    String ordinal =
        switch (word) {
          case "one" -> "first";
          case "two" -> "second";
          case "three" -> "third";
          case "five" -> "fifth";
          case "eight" -> "eighth";
          case "nine" -> "ninth";
          case "twelve" -> "twelfth";
          default ->
              word.endsWith("y") ? word.substring(0, word.length() - 1) + "ieth" : word + "th";
        };
    return cardinal.substring(0, last) + ordinal;
  }

  static String digitByDigit(String digits) {
    List<String> words =
        digits.chars().mapToObj(digit -> digit == '0' ? "oh" : SMALL[digit - '0']).toList();
    return String.join(" ", words);
  }
}
