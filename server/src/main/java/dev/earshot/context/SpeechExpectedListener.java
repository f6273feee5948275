package dev.earshot.context;

import dev.earshot.store.Interaction;

/**
 * Hears of interactions whose reply re-opens the microphone: the moment to prepare what the user is
 * likely to say. Called by any thread, possibly several at a time for one interaction, after the
 * write's caller has been answered or is about to be; must be quick and must not block.
 */
@FunctionalInterface
public interface SpeechExpectedListener {
  SpeechExpectedListener NONE = interaction -> {};

  /**
   * An interaction expects speech.
   *
   * @param interaction as just written; repeated and later writes come too, and the version tells
   *     which of two is the newer one
   */
  void onSpeechExpected(Interaction interaction);

  /** An interaction is being removed, or was: what was prepared of it is to be forgotten. */
  default void onRemoved(String interactionId) {}
}
