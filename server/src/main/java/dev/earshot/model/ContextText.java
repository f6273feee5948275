package dev.earshot.model;

/**
 * One text of what a dialogue is about. Immutable.
 *
 * @param kind what it is: {@link #UTTERANCE}, {@link #REPLY}, {@link #PROFILE}, or the kind of an
 *     event's item such as {@code CONTACT} or {@code PLACE}. A model tells apart the kinds that it
 *     names; all others are alike to it
 * @param text what was said, shown or stored
 */
public record ContextText(String kind, String text) {
  /** What the user said before. */
  public static final String UTTERANCE = "UTTERANCE";

  /** What the assistant replied. */
  public static final String REPLY = "REPLY";

  /** An entry of one of the user's own lists, which this turn has not named. */
  public static final String PROFILE = "PROFILE";

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "ContextText[kind=" + kind + "]";
  }
}
