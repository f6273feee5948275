package dev.earshot.store.dynamodb;

import dev.earshot.store.Interaction;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/**
 * Finds interactions by their user, or where they have none by their dialogue; a user's dialogue is
 * looked for among the user's. A row is written before the interaction that it points to, so that
 * none can be missed: it may point to nothing, or to another user's, and readers look.
 *
 * <p>Rows are sorted by the end of the longest life that the interaction may have, the latest
 * first: which is the order of their beginnings, and cuts off those that cannot live any more.
 */
final class InteractionIndex {
  static final String OWNER = "owner";
  static final String END_AND_ID = "end_and_id";
  private static final int DIGITS = 19;

  private InteractionIndex() {}

  static String ofUser(String userId) {
    return "user:" + userId;
  }

  static String ofDialogue(String dialogueId) {
    return "dialogue:" + dialogueId;
  }

  /** Whose rows an interaction is among; empty: nobody's. */
  static String owner(Interaction interaction) {
    if (!interaction.userId().isEmpty()) {
      return ofUser(interaction.userId());
    }
    return interaction.dialogueId().isEmpty() ? "" : ofDialogue(interaction.dialogueId());
  }

  static String endAndId(Instant end, String interactionId) {
    return latestFirst(end) + ":" + interactionId;
  }

  static Map<String, AttributeValue> key(String owner, String endAndId) {
    return Map.of(OWNER, Attributes.text(owner), END_AND_ID, Attributes.text(endAndId));
  }

  static Map<String, AttributeValue> row(Interaction interaction, Duration maxAge) {
    Instant end = interaction.createTime().plus(maxAge);
    return Map.of(
        OWNER,
        Attributes.text(owner(interaction)),
        END_AND_ID,
        Attributes.text(endAndId(end, interaction.interactionId())),
        "dialogue_id",
        Attributes.text(interaction.dialogueId()),
        Attributes.REMOVAL_TIME,
        Attributes.removalTime(end.toEpochMilli()));
  }

  static String interactionId(Map<String, AttributeValue> row) {
    String key = Attributes.text(row, END_AND_ID);
    if (key.length() <= DIGITS) {
      throw Attributes.unreadable();
    }
    return key.substring(DIGITS + 1);
  }

  /** All rows of an owner. */
  static QueryRequest all(String table, String owner) {
    return QueryRequest.builder()
        .tableName(table)
        .consistentRead(true)
        .keyConditionExpression("#owner = :owner")
        .expressionAttributeNames(Map.of("#owner", OWNER))
        .expressionAttributeValues(Map.of(":owner", Attributes.text(owner)))
        .build();
  }

  /** The rows of an owner that may point to something that lives, the latest begun first. */
  static QueryRequest living(String table, String owner, Instant now) {
    return all(table, owner).toBuilder()
        .keyConditionExpression("#owner = :owner AND " + END_AND_ID + " < :ended")
        .expressionAttributeValues(
            Map.of(
                ":owner", Attributes.text(owner),
                ":ended", Attributes.text(latestFirst(now))))
        .build();
  }

  private static String latestFirst(Instant time) {
    return String.format(Locale.ROOT, "%0" + DIGITS + "d", Long.MAX_VALUE - time.toEpochMilli());
  }
}
