package dev.earshot.client;

/**
 * Where the server's time for a request went, in microseconds. Stages exclude each other and sum to
 * at most the total; one that did not run is 0.
 *
 * @param queueMicros waiting for a worker
 * @param profileMicros waiting for the user's profile while nothing else of the request ran
 * @param dialogueMicros waiting for the dialogue's context while nothing else of the request ran
 * @param encodeMicros tokenisation and the utterance encoder
 * @param attendMicros attention over the user's enabled skills
 * @param classifyMicros the skill heads and the choice of the best
 * @param rerankMicros reranking
 * @param phrasesMicros making the bias phrases
 * @param rescoreMicros scoring hypotheses against the phrases and the context, and repairing them
 * @param totalMicros from the request's arrival to the handing over of its response
 */
public record Timings(
    long queueMicros,
    long profileMicros,
    long dialogueMicros,
    long encodeMicros,
    long attendMicros,
    long classifyMicros,
    long rerankMicros,
    long phrasesMicros,
    long rescoreMicros,
    long totalMicros) {
  /** Of answers that the server has not made. */
  static final Timings NONE = new Timings(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

  static Timings of(dev.earshot.v1.Timings message) {
    return new Timings(
        Integer.toUnsignedLong(message.getQueueUs()),
        Integer.toUnsignedLong(message.getProfileUs()),
        Integer.toUnsignedLong(message.getDialogueUs()),
        Integer.toUnsignedLong(message.getEncodeUs()),
        Integer.toUnsignedLong(message.getAttendUs()),
        Integer.toUnsignedLong(message.getClassifyUs()),
        Integer.toUnsignedLong(message.getRerankUs()),
        Integer.toUnsignedLong(message.getPhrasesUs()),
        Integer.toUnsignedLong(message.getRescoreUs()),
        Integer.toUnsignedLong(message.getTotalUs()));
  }
}
