package dev.earshot.perf.crash;

import dev.earshot.client.Event;
import dev.earshot.client.Interaction;
import dev.earshot.client.Interaction.RecordedEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What writers sent to one interaction, and which of it was acknowledged. Each write is one event
 * with one text, which follows from its id. Thread-safe.
 */
final class InteractionLedger {
  private final String userId;
  private final String interactionId;

  /** By writer, in the order of acknowledgement. */
  private final Map<String, List<String>> acknowledged = new HashMap<>();

  private final Set<String> sent = new HashSet<>();
  private boolean removalSent;
  private boolean removed;

  InteractionLedger(String userId, String interactionId) {
    this.userId = userId;
    this.interactionId = interactionId;
  }

  String userId() {
    return userId;
  }

  String interactionId() {
    return interactionId;
  }

  /** The text that goes with an event. */
  static String text(String eventId) {
    return "what was said in " + eventId;
  }

  synchronized void sent(String eventId) {
    sent.add(eventId);
  }

  synchronized void acknowledged(String writer, String eventId) {
    acknowledged.computeIfAbsent(writer, name -> new ArrayList<>()).add(eventId);
  }

  synchronized void removalSent() {
    removalSent = true;
  }

  synchronized void removed() {
    removed = true;
  }

  /**
   * Compares it with what is stored.
   *
   * @param stored with its texts
   */
  synchronized Findings check(Optional<Interaction> stored) {
    Findings.Builder findings = new Findings.Builder();
    if (removed || (removalSent && stored.isEmpty())) {
      findings.checked(1);
      stored.ifPresent(interaction -> findings.revived(interactionId));
      return findings.build();
    }
    List<RecordedEvent> events = stored.map(Interaction::events).orElse(List.of());
    Map<String, Integer> places = new HashMap<>();
    for (int place = 0; place < events.size(); place++) {
      RecordedEvent event = events.get(place);
      String name = event.eventId() + " in " + interactionId;
      if (!sent.contains(event.eventId())) {
        findings.strange(name);
      } else if (places.putIfAbsent(event.eventId(), place) != null || event.items().size() > 1) {
        findings.doubled(name);
      } else if (!event.type().equals(Event.RECOGNIZE)) {
        findings.strange(name + " is " + event.type());
      }
    }
    // Every event was a write of its own: a repeated one that changed something shows here too.
    stored
        .filter(interaction -> interaction.version() > interaction.events().size())
        .ifPresent(interaction ->
            findings.doubled(interactionId + " was changed " + interaction.version() + " times"));
    acknowledged.values().forEach(ids -> check(ids, events, places, findings));
    return findings.build();
  }

  private void check(
      List<String> ids,
      List<RecordedEvent> events,
      Map<String, Integer> places,
      Findings.Builder findings) {
    findings.checked(ids.size());
    int last = -1;
    for (String id : ids) {
      Integer place = places.get(id);
      if (place == null || !hasText(events.get(place))) {
        findings.lost(id + " of " + interactionId);
      } else if (place < last) {
        findings.misordered(id + " of " + interactionId);
      } else {
        last = place;
      }
    }
  }

  private static boolean hasText(RecordedEvent event) {
    return event.items().size() >= 1
        && event
            .items()
            .get(0)
            .item()
            .filter(item -> item.text().equals(text(event.eventId())))
            .isPresent();
  }
}
