package dev.earshot.phrase;

/** What a phrase was taken from; of several the first counts. */
public enum PhraseSource {
  /** The request's own. */
  REQUEST,
  /** The reply and the items of the interaction. */
  REPLY,
  /** Earlier interactions of the dialogue. */
  DIALOGUE,
  /** The user's lists. */
  PROFILE
}
