package dev.earshot.client.export;

import dev.earshot.client.BiasPhrase;
import dev.earshot.client.export.Export.Cause;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A custom vocabulary of Amazon Transcribe in table format, separated by tabs. After "Custom
 * vocabularies", "Creating a custom vocabulary using a table" and "Character sets for custom
 * vocabularies and vocabulary filters" in its developer guide:
 *
 * <ul>
 *   <li>four columns, Phrase, SoundsLike, IPA and DisplayAs. SoundsLike and IPA are no longer
 *       supported and stay empty: pronunciations cannot be given;
 *   <li>in Phrase words are joined by hyphens, letters that are spoken one by one are followed by
 *       periods ("j r smith" becomes {@code j.r.-smith}), and there are no digits: phrases that
 *       have some are left out, since they would have to be spelled out;
 *   <li>only characters of the language's set; with any other the whole vocabulary fails;
 *   <li>an entry has at most 256 characters, a file at most 50 KB (here 50,000 bytes).
 * </ul>
 *
 * <p><b>Boosts.</b> There are none; phrases whose boost is 0 are left out.
 *
 * <p>A vocabulary is made ahead, not for each turn, and Amazon asks not to enter personal
 * information: it suits phrases that belong to a service, not a user's contacts.
 */
public final class AmazonTranscribe {
  private static final String HEADER = "Phrase\tSoundsLike\tIPA\tDisplayAs\n";
  private static final int LONGEST_ENTRY = 256;
  private static final int LARGEST_FILE = 50_000;

  /** Names no upper limit for entries. */
  private static final int MOST_PHRASES = Integer.MAX_VALUE;

  private static final Pattern BETWEEN_WORDS = Pattern.compile("[\\s\\-]+");
  private static final Pattern INITIALS = Pattern.compile("(?:\\p{L}\\.)+");
  private static final Pattern PUNCTUATION_AFTER = Pattern.compile("[.,;:!?]+$");

  private AmazonTranscribe() {}

  /** A vocabulary of English phrases. */
  public static Export<String> table(List<BiasPhrase> phrases) {
    return table(phrases, AmazonTranscribe::isEnglishLetter);
  }

  /**
   * A vocabulary of phrases in another language.
   *
   * @param letters whether a code point is in the language's character set, beside apostrophe,
   *     hyphen and period; texts are in Unicode's composed form (NFC)
   */
  public static Export<String> table(List<BiasPhrase> phrases, IntPredicate letters) {
    Selection selection =
        new Selection(MOST_PHRASES, LONGEST_ENTRY, LARGEST_FILE - HEADER.length());
    StringBuilder table = new StringBuilder(HEADER);
    for (BiasPhrase phrase : phrases) {
      String entry = entry(phrase.text(), letters);
      if (entry == null) {
        selection.remark(phrase, Cause.FORBIDDEN_CHARACTERS);
        continue;
      }
      if (phrase.boost().orElse(1) <= 0) {
        selection.remark(phrase, Cause.NO_BOOST);
        continue;
      }
      String written = phrase.written();
      boolean canBeWritten =
          written.length() <= LONGEST_ENTRY
              && written.chars().noneMatch(c -> c == '\t' || c == ',');
      String display = canBeWritten && !written.equals(entry) ? written : "";
      String row = entry + "\t\t\t" + display + "\n";
      if (selection.takes(phrase, entry, row.getBytes(StandardCharsets.UTF_8).length)) {
        table.append(row);
        remark(selection, phrase, entry, canBeWritten);
      }
    }
    return selection.export(table.toString());
  }

  private static void remark(
      Selection selection, BiasPhrase phrase, String entry, boolean canBeWritten) {
    if (!entry.equals(phrase.text().replace(' ', '-'))) {
      selection.remark(phrase, Cause.REWRITTEN);
    }
    if (!canBeWritten) {
      selection.remark(phrase, Cause.DISPLAY_DROPPED);
    }
    if (phrase.boost().isPresent()) {
      selection.remark(phrase, Cause.BOOST_DROPPED);
    }
  }

  /** The text as the column Phrase wants it; null where it has characters that are not allowed. */
  private static @Nullable String entry(String text, IntPredicate letters) {
    String composed = Normalizer.normalize(text, Normalizer.Form.NFC).replace('\u2019', '\'');
    List<String> parts = new ArrayList<>();
    StringBuilder initials = new StringBuilder();
    String[] words = BETWEEN_WORDS.split(composed.strip());
    for (int w = 0; w < words.length; w++) {
      String word = words[w];
      if (INITIALS.matcher(word).matches() || isLetterOfMany(words, w)) {
        initials.append(word.endsWith(".") ? word : word + ".");
        continue;
      }
      if (!initials.isEmpty()) {
        parts.add(initials.toString());
        initials.setLength(0);
      }
      parts.add(PUNCTUATION_AFTER.matcher(word).replaceAll(""));
    }
    if (!initials.isEmpty()) {
      parts.add(initials.toString());
    }
    for (String part : parts) {
      boolean spoken = part.codePoints().anyMatch(letters);
      if (!spoken || !part.codePoints().allMatch(c -> isAllowed(part, c, letters))) {
        return null;
      }
    }
    return parts.isEmpty() ? null : String.join("-", parts);
  }

  /** A single letter is spoken as one; "a" and "I" alone are words. */
  private static boolean isLetterOfMany(String[] words, int w) {
    if (!isLetter(words[w])) {
      return false;
    }
    boolean hasNeighbour =
        (w > 0 && isLetter(words[w - 1])) || (w + 1 < words.length && isLetter(words[w + 1]));
    return hasNeighbour || !(words[w].equalsIgnoreCase("a") || words[w].equalsIgnoreCase("i"));
  }

  private static boolean isLetter(String word) {
    return word.codePointCount(0, word.length()) == 1 && Character.isLetter(word.codePointAt(0));
  }

  private static boolean isAllowed(String part, int c, IntPredicate letters) {
    return letters.test(c) || c == '\'' || (c == '.' && INITIALS.matcher(part).matches());
  }

  private static boolean isEnglishLetter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}
