package dev.earshot.phrase;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Words that say nothing about what they stand in: a single one of them is no name, and favouring
 * it would harm whatever else is said. Immutable and thread-safe.
 */
final class OrdinaryWords {
  private static final String RESOURCE = "ordinary-words.txt";

  /** The closed classes: what holds sentences together, and the short answers to questions. */
  private static final Set<String> FUNCTION_WORDS =
      Set.of(
          ("a an the and or nor but not no yes yeah yep nope ok okay sure please thanks of to in on"
                  + " at by for from with without into onto over under up down out off as than then"
                  + " that this these those there here it its it's is are was were be been am i i'm"
                  + " i'd i'll i've you you're your we we're our they them their he him his she her"
                  + " me my do does did don't can could will would shall should may might must what"
                  + " which who whom whose where when why how if so any some one ones all both each"
                  + " other another")
              .split(" "));

  private final Set<String> ordinary;

  private OrdinaryWords(Set<String> ordinary) {
    this.ordinary = ordinary;
  }

  /** Those of English, as shipped. */
  static OrdinaryWords english() {
    try (InputStream in = OrdinaryWords.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + ": missing from the jar");
      }
      return new OrdinaryWords(
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.startsWith("#"))
              .flatMap(line -> java.util.Arrays.stream(line.split(" ")))
              .collect(Collectors.toUnmodifiableSet()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a lower-cased word is ordinary; of a single letter or a number, too. */
  boolean isOrdinary(String word) {
    return word.length() < 2 || ordinary.contains(word) || isFunctionWord(word);
  }

  /** Whether a lower-cased word is of a closed class. */
  boolean isFunctionWord(String word) {
    return FUNCTION_WORDS.contains(word);
  }
}
