package dev.earshot.client;

/**
 * A span of a hypothesis that was replaced.
 *
 * @param start where it begins in the source hypothesis, in code points from 0
 * @param end where it ends, in code points, exclusive
 * @param original what stood there
 * @param phrase what stands there now: a phrase as it is displayed
 * @param probability P(the replacement is right), calibrated, 0 to 1
 */
public record Repair(int start, int end, String original, String phrase, double probability) {
  static Repair of(dev.earshot.v1.Repair message) {
    return new Repair(
        message.getStart(),
        message.getEnd(),
        message.getOriginal(),
        message.getPhrase(),
        message.getProbability());
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "Repair[start=" + start + ", end=" + end + ", probability=" + probability + "]";
  }
}
