package dev.earshot.bias;

import dev.earshot.deadline.Degradation.Context;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.model.ContextVector;
import dev.earshot.phrase.Phrases;
import dev.earshot.rescore.Rescorer;
import dev.earshot.rescore.Rescorer.PreparedPhrases;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was worked out for a turn, whoever asks: its phrases without those of a request, and its
 * context vector. A turn may be worked out in part; what is missing is said. Immutable but for what
 * it keeps of its own to be found again.
 */
final class TurnBias {
  /** How far it is worked out; each further part makes a new version. */
  enum Extent {
    PHRASES(1),
    PRONOUNCED(2),
    FULL(3);

    private final int step;

    Extent(int step) {
      this.step = step;
    }
  }

  /** Above any extent's step. */
  private static final int EXTENTS = 4;

  private final Origin origin;
  private final Phrases phrases;
  private final String contextText;
  private final Optional<ContextVector> vector;
  private final Extent extent;
  private final Map<Context, Reason> missing;

  /** The phrases as they are looked for, once somebody wanted that. */
  private volatile @Nullable PreparedPhrases prepared;

  /**
   * What it was made of.
   *
   * @param interactionId empty: none
   * @param interactionVersion 0: none
   * @param expireTime the earliest of all that it was made from; empty: of nothing that expires
   * @param profileVersion of the profile whose lists are in it; 0: none
   * @param maxPhrases the limit that it was made with
   */
  record Origin(
      String interactionId,
      String dialogueId,
      String userId,
      String locale,
      long interactionVersion,
      Optional<Instant> expireTime,
      long profileVersion,
      int maxPhrases) {
    @Override
    public String toString() {
      return "Origin[interactionVersion=" + interactionVersion + "]";
    }
  }

  TurnBias(
      Origin origin,
      Phrases phrases,
      String contextText,
      Optional<ContextVector> vector,
      Extent extent,
      Map<Context, Reason> missing) {
    this.origin = origin;
    this.phrases = phrases;
    this.contextText = contextText;
    this.vector = vector;
    this.extent = extent;
    this.missing = missing.isEmpty() ? Map.of() : new EnumMap<>(missing);
  }

  Origin origin() {
    return origin;
  }

  Phrases phrases() {
    return phrases;
  }

  String contextText() {
    return contextText;
  }

  Optional<ContextVector> vector() {
    return vector;
  }

  Extent extent() {
    return extent;
  }

  @Nullable Reason missing(Context context) {
    return missing.get(context);
  }

  Map<Context, Reason> missing() {
    return missing;
  }

  /** As in the API: rises with each new event of the interaction, and with each further part. */
  long version() {
    return origin.interactionVersion == 0 ? 0 : EXTENTS * origin.interactionVersion + extent.step;
  }

  boolean isLiveAt(Instant now) {
    return origin.expireTime.isEmpty() || now.isBefore(origin.expireTime.get());
  }

  /** Whether it is all that can be made, so that it is worth keeping. */
  boolean isWhole() {
    return extent == Extent.FULL
        && !missing.containsValue(Reason.NOT_READY)
        && !missing.containsValue(Reason.STORE_ERROR)
        && !missing.containsValue(Reason.OVERLOAD);
  }

  /** The phrases as a rescorer looks for them. */
  PreparedPhrases prepared(Rescorer rescorer) {
    PreparedPhrases known = prepared;
    if (known == null) {
      known = rescorer.prepare(phrases.phrases());
      prepared = known;
    }
    return known;
  }

  @Override
  public String toString() {
    return "TurnBias[version=" + version() + ", extent=" + extent + "]";
  }
}
