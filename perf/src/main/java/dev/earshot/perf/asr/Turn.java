package dev.earshot.perf.asr;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What one user says once, and the context in which they say it.
 *
 * @param turn its id
 * @param scenario of one dialogue or user; in one split alone
 * @param origin what the context was made from: followups, slurp, contacts, devices, places or
 *     playlists
 * @param relation of speech and context
 * @param answerIn where the answer stands: items, earlier, list, or none
 * @param speech where the words come from: followups, answer, snips, slurp or asterisk
 * @param previousUtterance what the user said before
 * @param reply what they were answered
 * @param items what the reply names
 * @param earlier what earlier interactions of the dialogue named, the latest first
 * @param lists of the user
 * @param reference what is said, in spoken form
 * @param answer the words of the reference that name an entity, in spoken form
 * @param voice see {@link Synthesis}; {@code recording:FILE} where a person speaks
 * @param noise clean, babble or white
 * @param snr in dB; null where it is clean
 */
record Turn(
    String turn,
    String scenario,
    Split split,
    String origin,
    Relation relation,
    @JsonProperty("answer_in") String answerIn,
    String speech,
    @JsonProperty("previous_utterance") String previousUtterance,
    String reply,
    List<Item> items,
    List<List<Item>> earlier,
    List<UserList> lists,
    String reference,
    List<String> answer,
    String voice,
    String noise,
    @Nullable Integer snr) {
  static final String RECORDING = "recording:";

  Turn {
    items = List.copyOf(items);
    earlier = List.copyOf(earlier);
    lists = List.copyOf(lists);
    answer = List.copyOf(answer);
  }

  /** How speech and context belong together. */
  enum Relation {
    /** The answer is among the items, of this interaction or an earlier one. */
    IN_CONTEXT,
    /** An answer that was not named; perhaps it is in a list. */
    OUT_OF_CONTEXT,
    /** Speech that has nothing to do with the context. */
    UNRELATED,
    /** The same, by a person. */
    RECORDING;

    @JsonValue
    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** A text of an interaction; the kinds are those of {@code interactions.proto}. */
  record Item(String kind, String text) {}

  /** A list of the user's profile. */
  record UserList(String type, List<String> entries) {
    UserList {
      entries = List.copyOf(entries);
    }
  }

  /** Spoken in another condition. */
  Turn in(String id, String otherNoise, @Nullable Integer otherSnr) {
    return new Turn(
        id,
        scenario,
        split,
        origin,
        relation,
        answerIn,
        speech,
        previousUtterance,
        reply,
        items,
        earlier,
        lists,
        reference,
        answer,
        voice,
        otherNoise,
        otherSnr);
  }

  /** Whether it answers the reply. */
  @JsonIgnore
  boolean isFollowup() {
    return relation == Relation.IN_CONTEXT || relation == Relation.OUT_OF_CONTEXT;
  }

  /** Such as {@code clean} or {@code babble-10}. */
  String condition() {
    return snr == null ? noise : noise + "-" + snr;
  }
}
