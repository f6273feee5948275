package dev.earshot.phrase;

import dev.earshot.phrase.SpokenText.Break;
import dev.earshot.phrase.SpokenText.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names within running text, which nobody marked: capitalised words beside each other, and what
 * stands in quotation marks. Immutable and thread-safe.
 */
final class SpokenNames {
  private static final Pattern QUOTED = Pattern.compile("[\"“]([^\"”]{2,80})[\"”]");
  private static final int MOST_QUOTED_WORDS = 8;

  /** Within names, between capitalised words. */
  private static final Set<String> INNER =
      Set.of("of", "the", "de", "du", "la", "le", "van", "von", "del", "da", "di", "in", "for");

  private static final Set<String> CALENDAR =
      Set.of(
          ("monday tuesday wednesday thursday friday saturday sunday january february march april"
                  + " may june july august september october november december am pm")
              .split(" "));

  private final OrdinaryWords words;

  SpokenNames(OrdinaryWords words) {
    this.words = words;
  }

  /** The names, in the order of the text, as they are written. */
  List<String> in(String text, boolean english) {
    List<String> names = new ArrayList<>();
    Matcher quoted = QUOTED.matcher(text);
    while (quoted.find()) {
      String inner = quoted.group(1).strip();
      if (SpokenText.of(inner, english).size() <= MOST_QUOTED_WORDS) {
        names.add(inner);
      }
    }
    SpokenText spoken = SpokenText.of(text, english);
    if (isWrittenInCapitals(spoken)) {
      return names;
    }
    int i = 0;
    while (i < spoken.size()) {
      if (!spoken.pieces().get(i).capital()) {
        i++;
        continue;
      }
      int end = end(spoken, i);
      int from = isFirst(spoken, i) ? afterPlainBeginning(spoken, i, end) : i;
      if (from < end && isName(spoken, from, end)) {
        names.add(spoken.written(from, end));
      }
      i = end;
    }
    return names;
  }

  /** Where the name ends that begins at a piece. */
  private static int end(SpokenText text, int begin) {
    int end = begin + 1;
    int i = begin;
    while (i + 1 < text.size() && text.pieces().get(i).ends() == Break.NONE) {
      Piece next = text.pieces().get(i + 1);
      if (next.capital() || Character.isDigit(text.written().charAt(next.start()))) {
        end = i + 2;
      } else if (!INNER.contains(text.words(i + 1, i + 2))) {
        break;
      }
      i++;
    }
    return end;
  }

  private static boolean isFirst(SpokenText text, int i) {
    return i == 0 || text.pieces().get(i - 1).ends() == Break.SENTENCE;
  }

  /** The first word of a sentence is a capital one whatever it is. */
  private int afterPlainBeginning(SpokenText text, int begin, int end) {
    int from = begin;
    while (from < end && words.isOrdinary(text.words(from, from + 1))) {
      from++;
    }
    return from;
  }

  private boolean isName(SpokenText text, int from, int end) {
    boolean any = false;
    for (int i = from; i < end; i++) {
      for (String word : text.pieces().get(i).words()) {
        if (CALENDAR.contains(word)) {
          return false;
        }
        any |= !words.isFunctionWord(word);
      }
    }
    boolean single = text.words(from, end).indexOf(' ') < 0;
    return any && !(single && words.isOrdinary(text.words(from, end)));
  }

  /** Headlines and shouting: capitals say nothing there. */
  private static boolean isWrittenInCapitals(SpokenText text) {
    int capital = 0;
    int all = 0;
    for (Piece piece : text.pieces()) {
      if (!piece.words().isEmpty()) {
        all++;
        capital += piece.capital() ? 1 : 0;
      }
    }
    return all > 5 && 10 * capital > 7 * all;
  }
}
