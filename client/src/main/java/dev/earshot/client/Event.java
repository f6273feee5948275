package dev.earshot.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * One thing that happened in a conversation. Each method returns a changed copy; limits are the
 * server's to check. Immutable.
 *
 * <pre>{@code
 * Event.of("e2", Event.SPEAK)
 *     .expectedDuration(Duration.ofMillis(1_500))
 *     .item(ContextItem.of("REPLY", "Do you mean Meg Jones or Meg Bauer?"))
 *     .item(ContextItem.of("CONTACT", "Meg Bauer"))
 * }</pre>
 */
public final class Event {
  /** The user was heard; items of the kind {@code UTTERANCE}. */
  public static final String RECOGNIZE = "RECOGNIZE";

  /** The request went to a skill. */
  public static final String ROUTE = "ROUTE";

  /** A reply is being spoken; items of the kind {@code REPLY}, and what it names. */
  public static final String SPEAK = "SPEAK";

  /** A screen shows something; items: what it shows. */
  public static final String DISPLAY = "DISPLAY";

  /** The microphone re-opens after the reply. */
  public static final String EXPECT_SPEECH = "EXPECT_SPEECH";

  private final dev.earshot.v1.Event message;

  private Event(dev.earshot.v1.Event message) {
    this.message = message;
  }

  /**
   * An event that happens now.
   *
   * @param eventId unlike all others of the interaction, the same when a write is repeated
   * @param type one of the constants, or any other word: unknown ones are stored and ignored
   */
  public static Event of(String eventId, String type) {
    return new Event(dev.earshot.v1.Event.newBuilder().setEventId(eventId).setType(type).build());
  }

  /** With when it happened. Default: when it arrives. */
  public Event time(Instant time) {
    return new Event(message.toBuilder().setTime(WireTime.timestamp(time)).build());
  }

  /** With the skill that the request went to, of {@link #ROUTE}. */
  public Event skill(String skillId) {
    return new Event(message.toBuilder().setSkillId(skillId).build());
  }

  /** With how long the reply will be spoken, of {@link #SPEAK}. At most 600 s. Default: 1 s. */
  public Event expectedDuration(Duration duration) {
    return new Event(message.toBuilder().setExpectedDuration(WireTime.duration(duration)).build());
  }

  /** With one more text. At most 100. */
  public Event item(ContextItem item) {
    return new Event(message.toBuilder().addItems(item.toMessage()).build());
  }

  /** With these texts and no others. */
  public Event items(List<ContextItem> items) {
    return new Event(
        message.toBuilder()
            .clearItems()
            .addAllItems(items.stream().map(ContextItem::toMessage).toList())
            .build());
  }

  dev.earshot.v1.Event toMessage() {
    return message;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Event event && event.message.equals(message);
  }

  @Override
  public int hashCode() {
    return message.hashCode();
  }
}
