package dev.earshot.context;

import dev.earshot.store.ContextItem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One thing that happened, as the caller tells it. Immutable; validated by who makes it.
 *
 * @param eventId unlike all others of the interaction, the same when it is told again
 * @param type such as {@code SPEAK}; an unknown one is stored and ignored
 * @param time when it happened, however it stands to other events' times; empty: when it arrived
 * @param skillId the skill that the request went to; may be empty
 * @param expectedDuration how long the reply will be spoken, where the caller knows
 * @param items the texts that it brings
 */
public record Event(
    String eventId,
    String type,
    Optional<Instant> time,
    String skillId,
    Optional<Duration> expectedDuration,
    List<ContextItem> items) {
  public Event {
    items = List.copyOf(items);
  }

  // Ids are the caller's, and may name a user.
  @Override
  public String toString() {
    return "Event[type=" + type + ", items=" + items.size() + "]";
  }
}
