package dev.earshot.grpc;

import dev.earshot.grpc.RpcError.Violation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Collects what is wrong with a request, so that the caller learns all of it at once. Values are
 * named by their size, never repeated: they may be what a user said.
 */
final class Violations {
  static final int MAX_ID = 128;
  static final int MAX_UTTERANCE = 1_000;
  private static final int MAX_PRONUNCIATIONS = 8;
  private static final int MAX_PRONUNCIATION = 200;

  private static final Pattern KIND = Pattern.compile("[A-Za-z0-9_.-]{1,64}");
  private static final int MAX_REPORTED = 32;

  private final List<Violation> violations = new ArrayList<>();

  void add(String field, String problem) {
    if (violations.size() < MAX_REPORTED) {
      violations.add(new Violation(field, problem));
    }
  }

  /** Ends the request if anything was found. */
  void throwIfAny() {
    if (!violations.isEmpty()) {
      throw RpcError.invalid(violations);
    }
  }

  /** A text of 1 to {@code max} code points that is not blank. */
  void requireText(String field, String value, int max) {
    if (value.isBlank()) {
      add(field, (value.isEmpty() ? "empty" : "blank") + " (expected: a text)");
    } else {
      requireAtMost(field, value, max);
    }
  }

  /** A text of at most {@code max} code points, possibly empty. */
  void requireAtMost(String field, String value, int max) {
    // More UTF-16 units than twice the limit need no counting.
    int length =
        value.length() <= max || value.length() > 2 * max
            ? value.length()
            : value.codePointCount(0, value.length());
    if (length > max) {
      add(field, length + " code points (expected: <= " + max + ")");
    } else if (value.indexOf('\0') >= 0) {
      add(field, "holds U+0000 (expected: a text without it)");
    }
  }

  void requireId(String field, String value) {
    if (value.isEmpty()) {
      add(field, "missing (expected: an id of 1 to " + MAX_ID + " code points)");
    } else {
      requireOptionalId(field, value);
    }
  }

  /** An id, or empty. */
  void requireOptionalId(String field, String value) {
    int before = violations.size();
    requireAtMost(field, value, MAX_ID);
    if (violations.size() == before && value.chars().anyMatch(Character::isISOControl)) {
      add(field, "holds a control character (expected: an id without)");
    }
  }

  /** A type or kind: 1 to 64 letters, digits, {@code _ - .}. */
  void requireKind(String field, String value) {
    if (!KIND.matcher(value).matches()) {
      add(
          field,
          (value.isEmpty() ? "missing" : "malformed")
              + " (expected: 1 to 64 characters of A-Z a-z 0-9 _ - .)");
    }
  }

  /** Words that may go into a recogniser's grammar: no control characters, no markup. */
  void requireWords(String field, String value, int max) {
    int before = violations.size();
    requireAtMost(field, value, max);
    if (violations.size() != before) {
      return;
    }
    if (value.chars().anyMatch(Character::isISOControl)) {
      add(field, "holds a control character (expected: words without)");
    } else if (value.indexOf('<') >= 0 || value.indexOf('>') >= 0) {
      add(field, "holds \"<\" or \">\" (expected: words without markup)");
    }
  }

  void requireBetween(String field, long value, long min, long max) {
    if (value < min || value > max) {
      add(field, value + " (expected: " + min + " to " + max + ")");
    }
  }

  void requireBetween(String field, double value, double min, double max) {
    if (!(value >= min && value <= max)) {
      add(field, value + " (expected: " + min + " to " + max + ")");
    }
  }

  void requireFinite(String field, double value) {
    if (!Double.isFinite(value)) {
      add(field, value + " (expected: a finite number)");
    }
  }

  void requireCount(String field, int count, int min, int max) {
    if (count < min || count > max) {
      add(field, count + " (expected: " + min + " to " + max + ")");
    }
  }

  void requireIds(String field, Collection<String> ids, int max) {
    requireCount(field, ids.size(), 0, max);
    int i = 0;
    for (String id : ids) {
      if (i == max) {
        return;
      }
      requireId(field + "[" + i++ + "]", id);
    }
  }

  /** How a text sounds: at most 8, each of 1 to 200 code points. */
  void requirePronunciations(String field, List<String> pronunciations) {
    requireCount(field, pronunciations.size(), 0, MAX_PRONUNCIATIONS);
    for (int i = 0; i < Math.min(pronunciations.size(), MAX_PRONUNCIATIONS); i++) {
      requireText(field + "[" + i + "]", pronunciations.get(i), MAX_PRONUNCIATION);
    }
  }

  /** A map with keys of 1 to 64 and values of at most 256 code points. */
  void requireLabels(String field, Map<String, String> labels, int max) {
    requireCount(field, labels.size(), 0, max);
    labels.forEach((key, value) -> {
      requireText(field + ".key", key, 64);
      requireAtMost(field + ".value", value, 256);
    });
  }
}
