package dev.earshot.client;

import dev.earshot.v1.DeleteInteractionRequest;
import dev.earshot.v1.DeleteInteractionResponse;
import dev.earshot.v1.GetInteractionRequest;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.RecordEventsRequest;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The record of running conversations, from which context is made. A user id is the interaction's
 * own in every call, or empty where it is nobody's; else the call fails with {@link
 * EarshotException.PermissionDenied}.
 *
 * <p>Every method throws {@link EarshotException}; the futures of their asynchronous twins complete
 * with it. Writes are safe to repeat: events that are stored already are left out. Thread-safe.
 */
public final class Interactions {
  private static final UnaryMethod<RecordEventsRequest, dev.earshot.v1.Interaction, Interaction>
      RECORD = new UnaryMethod<>(InteractionsGrpc.getRecordEventsMethod(), Interaction::of);
  private static final UnaryMethod<GetInteractionRequest, dev.earshot.v1.Interaction, Interaction>
      GET = new UnaryMethod<>(InteractionsGrpc.getGetInteractionMethod(), Interaction::of);
  private static final UnaryMethod<DeleteInteractionRequest, DeleteInteractionResponse, Boolean>
      DELETE =
          new UnaryMethod<>(
              InteractionsGrpc.getDeleteInteractionMethod(), DeleteInteractionResponse::getDeleted);

  private final Channel channel;
  private final Duration deadline;

  Interactions(Channel channel, Duration deadline) {
    this.channel = channel;
    this.deadline = deadline;
  }

  /** The same, with another deadline for each call. */
  public Interactions withDeadline(Duration deadline) {
    return new Interactions(channel, EarshotClient.requirePositive("deadline", deadline));
  }

  /**
   * Appends events to an interaction, making it with the first, and returns it as just written.
   * Fails with {@link EarshotException.FailedPrecondition} if the interaction has expired or is
   * full, if its user was deleted, or if a known event comes with other content: {@link
   * EarshotException#reason} tells which.
   */
  public Interaction record(Recording recording) {
    return RECORD.call(channel, deadline, recording.toMessage());
  }

  /** As {@link #record}. */
  public CompletableFuture<Interaction> recordAsync(Recording recording) {
    return RECORD.callAsync(channel, deadline, recording.toMessage());
  }

  /**
   * An interaction without its texts; an unknown, expired or deleted one is {@link
   * EarshotException.NotFound}.
   */
  public Interaction get(String userId, String interactionId) {
    return GET.call(channel, deadline, getRequest(userId, interactionId, false));
  }

  /** As {@link #get}. */
  public CompletableFuture<Interaction> getAsync(String userId, String interactionId) {
    return GET.callAsync(channel, deadline, getRequest(userId, interactionId, false));
  }

  /** An interaction with its texts, which are decrypted for it; else as {@link #get}. */
  public Interaction getWithItems(String userId, String interactionId) {
    return GET.call(channel, deadline, getRequest(userId, interactionId, true));
  }

  /** As {@link #getWithItems}. */
  public CompletableFuture<Interaction> getWithItemsAsync(String userId, String interactionId) {
    return GET.callAsync(channel, deadline, getRequest(userId, interactionId, true));
  }

  /** An interaction without its texts, if there is such a live one. */
  public Optional<Interaction> find(String userId, String interactionId) {
    try {
      return Optional.of(get(userId, interactionId));
    } catch (EarshotException.NotFound e) {
      return Optional.empty();
    }
  }

  /**
   * Removes an interaction, its texts and what was derived from them.
   *
   * @return whether it was live; an unknown one is no error
   */
  public boolean delete(String userId, String interactionId) {
    return DELETE.call(channel, deadline, deleteRequest(userId, interactionId));
  }

  /** As {@link #delete}. */
  public CompletableFuture<Boolean> deleteAsync(String userId, String interactionId) {
    return DELETE.callAsync(channel, deadline, deleteRequest(userId, interactionId));
  }

  private static GetInteractionRequest getRequest(
      String userId, String interactionId, boolean includeItems) {
    return GetInteractionRequest.newBuilder()
        .setUserId(userId)
        .setInteractionId(interactionId)
        .setIncludeItems(includeItems)
        .build();
  }

  private static DeleteInteractionRequest deleteRequest(String userId, String interactionId) {
    return DeleteInteractionRequest.newBuilder()
        .setUserId(userId)
        .setInteractionId(interactionId)
        .build();
  }

  /**
   * Events for one interaction.
   *
   * @param interactionId the interaction; made with its first event
   * @param dialogueId the chain that it belongs to, fixed by the first write; empty: as it is
   * @param userId whose interaction it is, the same in every write; empty: nobody's
   * @param events 1 to 64
   */
  public record Recording(
      String interactionId, String dialogueId, String userId, List<Event> events) {
    public Recording {
      events = List.copyOf(events);
    }

    /** Events of a user's interaction that belongs to no chain, or whose chain is known. */
    public static Recording of(String userId, String interactionId, Event... events) {
      return new Recording(interactionId, "", userId, List.of(events));
    }

    /** The same in a dialogue. */
    public Recording inDialogue(String dialogue) {
      return new Recording(interactionId, dialogue, userId, events);
    }

    private RecordEventsRequest toMessage() {
      return RecordEventsRequest.newBuilder()
          .setInteractionId(interactionId)
          .setDialogueId(dialogueId)
          .setUserId(userId)
          .addAllEvents(events.stream().map(Event::toMessage).toList())
          .build();
    }
  }
}
