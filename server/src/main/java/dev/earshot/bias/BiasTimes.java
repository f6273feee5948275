package dev.earshot.bias;

/** Where the time of an answer went, in nanoseconds; stages exclude each other. */
public record BiasTimes(
    long queueNanos,
    long dialogueNanos,
    long phrasesNanos,
    long encodeNanos,
    long rescoreNanos,
    long totalNanos) {
  /** All but what making the answer itself takes. */
  long waitedForNanos() {
    return queueNanos + dialogueNanos + phrasesNanos + encodeNanos + rescoreNanos;
  }
}
