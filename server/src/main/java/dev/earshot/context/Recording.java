package dev.earshot.context;

import java.util.List;

/**
 * Events to append to one interaction. Immutable; validated by who makes it.
 *
 * @param dialogueId the chain that the interaction belongs to; empty: as the first write said
 * @param userId whose interaction it is, the same in every write; empty: nobody's
 * @param events at least one
 */
public record Recording(
    String interactionId, String dialogueId, String userId, List<Event> events) {
  public Recording {
    events = List.copyOf(events);
  }

  @Override
  public String toString() {
    return "Recording[events=" + events.size() + "]";
  }
}
