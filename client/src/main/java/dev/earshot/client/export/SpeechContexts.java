package dev.earshot.client.export;

import dev.earshot.client.BiasPhrase;
import dev.earshot.client.export.Export.Cause;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;

/** Phrases grouped by their boosts. Not thread-safe. */
final class SpeechContexts {
  /** The highest boost that Google's and Riva's documentation recommends. */
  static final double HIGHEST_BOOST = 20;

  /** What boosts are rounded to: a message for each one of a thousand phrases would help nobody. */
  private static final double STEP = 0.5;

  private final Selection selection;
  private final double unstatedBoost;

  SpeechContexts(Selection selection, double unstatedBoost) {
    this.selection = selection;
    this.unstatedBoost = unstatedBoost;
  }

  /** Groups, highest boost first; phrases in their order. */
  List<SpeechContext> of(
      List<BiasPhrase> phrases, Function<BiasPhrase, String> spelling, Predicate<String> allowed) {
    Map<Double, List<String>> groups = new TreeMap<>(Comparator.reverseOrder());
    for (BiasPhrase phrase : phrases) {
      String spelled = spelling.apply(phrase);
      if (!allowed.test(spelled)) {
        selection.remark(phrase, Cause.FORBIDDEN_CHARACTERS);
        continue;
      }
      double boost = phrase.boost().orElse(unstatedBoost);
      if (boost <= 0) {
        selection.remark(phrase, Cause.NO_BOOST);
      } else if (selection.takes(phrase, spelled, spelled.length())) {
        groups.computeIfAbsent(rounded(phrase, boost), unused -> new ArrayList<>()).add(spelled);
        if (!spelled.equals(phrase.written())) {
          selection.remark(phrase, Cause.DISPLAY_DROPPED);
        }
      }
    }
    return groups.entrySet().stream()
        .map(group -> new SpeechContext(group.getValue(), group.getKey()))
        .toList();
  }

  /** The boost within a recogniser's range. */
  double clipped(BiasPhrase phrase, double boost) {
    if (boost > HIGHEST_BOOST) {
      selection.remark(phrase, Cause.BOOST_CLIPPED);
      return HIGHEST_BOOST;
    }
    return boost;
  }

  private double rounded(BiasPhrase phrase, double boost) {
    double clipped = clipped(phrase, boost);
    double rounded = Math.max(STEP, Math.rint(clipped / STEP) * STEP);
    if (rounded != clipped) {
      selection.remark(phrase, Cause.BOOST_ROUNDED);
    }
    return rounded;
  }
}
