package dev.earshot.grpc;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.earshot.context.InteractionContent;
import dev.earshot.context.Interactions;
import dev.earshot.context.Recording;
import dev.earshot.store.Interaction.ItemRef;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.DeleteInteractionRequest;
import dev.earshot.v1.DeleteInteractionResponse;
import dev.earshot.v1.Event;
import dev.earshot.v1.GetInteractionRequest;
import dev.earshot.v1.Interaction;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.RecordedEvent;
import dev.earshot.v1.RecordedItem;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** {@code earshot.v1.Interactions} over the domain's {@link Interactions}. */
final class InteractionsService extends InteractionsGrpc.InteractionsImplBase {
  static final int MAX_EVENTS = 64;
  static final int MAX_ITEMS = 100;
  private static final int MAX_TEXT = 2_000;
  private static final int MAX_LABEL = 64;
  private static final int MAX_LOCALE = 35;
  private static final com.google.protobuf.Duration MAX_EXPECTED = Durations.fromSeconds(600);

  private final Interactions interactions;
  private final Patience patience;
  private final LenientMarshalling marshalling;

  InteractionsService(
      Interactions interactions, Patience patience, LenientMarshalling marshalling) {
    this.interactions = interactions;
    this.patience = patience;
    this.marshalling = marshalling;
  }

  @Override
  public void recordEvents(RecordEventsRequest request, StreamObserver<Interaction> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          validate(request);
          return patience.limit(interactions.record(recording(request)));
        },
        written -> message(new InteractionContent(written, Map.of(), Set.of())));
  }

  @Override
  public void getInteraction(GetInteractionRequest request, StreamObserver<Interaction> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          requireInteraction(request.getInteractionId(), request.getUserId());
          return patience.limit(
              request.getIncludeItems()
                  ? interactions.findContent(request.getUserId(), request.getInteractionId())
                  : interactions
                      .find(request.getUserId(), request.getInteractionId())
                      .thenApply(found ->
                          found.map(entry -> new InteractionContent(entry, Map.of(), Set.of()))));
        },
        found -> message(found.orElseThrow(() -> RpcError.notFound("no such interaction"))));
  }

  @Override
  public void deleteInteraction(
      DeleteInteractionRequest request, StreamObserver<DeleteInteractionResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          requireInteraction(request.getInteractionId(), request.getUserId());
          return patience.limit(
              interactions.delete(request.getUserId(), request.getInteractionId()));
        },
        deleted -> DeleteInteractionResponse.newBuilder().setDeleted(deleted).build());
  }

  private static void requireInteraction(String interactionId, String userId) {
    Violations violations = new Violations();
    violations.requireId("interaction_id", interactionId);
    violations.requireOptionalId("user_id", userId);
    violations.throwIfAny();
  }

  private static void validate(RecordEventsRequest request) {
    Violations violations = new Violations();
    violations.requireId("interaction_id", request.getInteractionId());
    violations.requireOptionalId("dialogue_id", request.getDialogueId());
    violations.requireOptionalId("user_id", request.getUserId());
    violations.requireCount("events", request.getEventsCount(), 1, MAX_EVENTS);
    for (int i = 0; i < Math.min(request.getEventsCount(), MAX_EVENTS); i++) {
      validate("events[" + i + "].", request.getEvents(i), violations);
    }
    violations.throwIfAny();
  }

  private static void validate(String field, Event event, Violations violations) {
    violations.requireId(field + "event_id", event.getEventId());
    violations.requireKind(field + "type", event.getType());
    if (event.hasTime() && !Timestamps.isValid(event.getTime())) {
      violations.add(field + "time", "out of range (expected: a valid timestamp)");
    }
    violations.requireOptionalId(field + "skill_id", event.getSkillId());
    if (event.hasExpectedDuration() && !isExpectable(event.getExpectedDuration())) {
      violations.add(field + "expected_duration", "out of range (expected: 0 to 600 s)");
    }
    violations.requireCount(field + "items", event.getItemsCount(), 0, MAX_ITEMS);
    for (int i = 0; i < Math.min(event.getItemsCount(), MAX_ITEMS); i++) {
      validate(field + "items[" + i + "].", event.getItems(i), violations);
    }
  }

  private static boolean isExpectable(com.google.protobuf.Duration duration) {
    return Durations.isValid(duration)
        && !Durations.isNegative(duration)
        && Durations.compare(duration, MAX_EXPECTED) <= 0;
  }

  private static void validate(String field, ContextItem item, Violations violations) {
    violations.requireKind(field + "kind", item.getKind());
    violations.requireText(field + "text", item.getText(), MAX_TEXT);
    violations.requireAtMost(field + "label", item.getLabel(), MAX_LABEL);
    violations.requireOptionalId(field + "entity_id", item.getEntityId());
    violations.requirePronunciations(field + "pronunciations", item.getPronunciationsList());
    violations.requireAtMost(field + "locale", item.getLocale(), MAX_LOCALE);
  }

  private static Recording recording(RecordEventsRequest request) {
    return new Recording(
        request.getInteractionId(),
        request.getDialogueId(),
        request.getUserId(),
        request.getEventsList().stream().map(InteractionsService::event).toList());
  }

  private static dev.earshot.context.Event event(Event event) {
    return new dev.earshot.context.Event(
        event.getEventId(),
        event.getType(),
        event.hasTime() ? Optional.of(WireTime.instant(event.getTime())) : Optional.empty(),
        event.getSkillId(),
        event.hasExpectedDuration()
            ? Optional.of(WireTime.duration(event.getExpectedDuration()))
            : Optional.empty(),
        event.getItemsList().stream().map(InteractionsService::item).toList());
  }

  private static dev.earshot.store.ContextItem item(ContextItem item) {
    return new dev.earshot.store.ContextItem(
        item.getKind(),
        item.getText(),
        item.getLabel(),
        item.getEntityId(),
        List.copyOf(item.getPronunciationsList()),
        item.getLocale());
  }

  private static Interaction message(InteractionContent content) {
    dev.earshot.store.Interaction interaction = content.interaction();
    Interaction.Builder message =
        Interaction.newBuilder()
            .setInteractionId(interaction.interactionId())
            .setDialogueId(interaction.dialogueId())
            .setUserId(interaction.userId())
            .setExpectsSpeech(interaction.expectsSpeech())
            .setVersion(interaction.version())
            .setCreateTime(WireTime.timestamp(interaction.createTime()))
            .setExpireTime(WireTime.timestamp(interaction.expireTime()));
    for (dev.earshot.store.Interaction.RecordedEvent event : interaction.events()) {
      RecordedEvent.Builder eventMessage =
          message
              .addEventsBuilder()
              .setEventId(event.eventId())
              .setType(event.type())
              .setTime(WireTime.timestamp(event.time()))
              .setSkillId(event.skillId());
      event
          .expectedDuration()
          .ifPresent(expected -> eventMessage.setExpectedDuration(WireTime.duration(expected)));
      for (ItemRef item : event.items()) {
        add(item, content, eventMessage.addItemsBuilder());
      }
    }
    return message.build();
  }

  private static void add(ItemRef ref, InteractionContent content, RecordedItem.Builder message) {
    message
        .setItemId(ref.itemId())
        .setKind(ref.kind())
        .setExpireTime(WireTime.timestamp(ref.expireTime()))
        .setUnreadable(content.unreadable().contains(ref.itemId()));
    dev.earshot.store.ContextItem item = content.items().get(ref.itemId());
    if (item != null) {
      message
          .getItemBuilder()
          .setKind(item.kind())
          .setText(item.text())
          .setLabel(item.label())
          .setEntityId(item.entityId())
          .addAllPronunciations(item.pronunciations())
          .setLocale(item.locale());
    }
  }
}
