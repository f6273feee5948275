package dev.earshot.perf.crash;

import dev.earshot.client.ContextItem;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.client.Event;
import dev.earshot.client.Interaction;
import dev.earshot.client.Interactions.Recording;
import dev.earshot.client.Profile;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One caller, who waits for each answer before the next write, and who repeats a write whose answer
 * was lost, after the server's restart too. Lives through all rounds; one thread at a time.
 */
final class Writer {
  /** Events of each writer in one shared interaction; the limit is 256 of all. */
  private static final int SHARED_EVENTS = 192;

  private static final int OWN_EVENTS = 20;
  private static final int PAUSE_NANOS = 2_000_000;

  private final String name;
  private final String run;
  private final int sharedEvents;
  private final Ledger ledger;
  private final Random random;
  private final ProfileLedger profile;
  private String etag = "";
  private boolean isEtagKnown = true;
  private long sharedCount;
  private long ownCount;
  private @Nullable Pending pending;

  private record Pending(InteractionLedger interaction, String eventId) {}

  /**
   * A caller.
   *
   * @param run that no other run on the same store has
   * @param writers how many there are
   */
  Writer(String name, String run, int writers, Ledger ledger, Random random) {
    this.name = name;
    this.run = run;
    this.sharedEvents = Math.max(1, SHARED_EVENTS / writers);
    this.ledger = ledger;
    this.random = random;
    this.profile = ledger.profile(run + "-" + name);
  }

  /**
   * Writes until the server is gone.
   *
   * @param killed set after the kill: until then a write without an answer is repeated at once
   * @return whether a write was under way
   * @throws EarshotException a refusal, which nothing here gives reason for
   */
  boolean writeUntil(AtomicBoolean killed, EarshotClient client) {
    while (!killed.get()) {
      if ((!isEtagKnown && !readEtag(client, killed)) || !step(client, killed)) {
        return true;
      }
    }
    return false;
  }

  /** One write, acknowledged; false: the server was killed before. */
  private boolean step(EarshotClient client, AtomicBoolean killed) {
    if (pending == null) {
      int kind = random.nextInt(10);
      if (kind == 0) {
        return putProfile(client, killed);
      }
      pending = kind < 6 ? shared() : own();
    }
    if (!record(client, pending, killed)) {
      return false;
    }
    InteractionLedger written = pending.interaction;
    pending = null;
    boolean isOver = !written.userId().equals(sharedUser()) && ownCount % OWN_EVENTS == 0;
    return !isOver || random.nextInt(4) != 0 || remove(client, written, killed);
  }

  private Pending shared() {
    String id = run + "-shared-" + sharedCount / sharedEvents;
    return new Pending(ledger.interaction(sharedUser(), id), name + "-s" + sharedCount++);
  }

  private String sharedUser() {
    return run + "-shared";
  }

  private Pending own() {
    String id = run + "-" + name + "-" + ownCount / OWN_EVENTS;
    return new Pending(ledger.interaction(profile.userId(), id), name + "-o" + ownCount++);
  }

  private boolean record(EarshotClient client, Pending write, AtomicBoolean killed) {
    InteractionLedger interaction = write.interaction;
    Recording recording =
        Recording.of(
            interaction.userId(),
            interaction.interactionId(),
            Event.of(write.eventId, Event.RECOGNIZE)
                .item(ContextItem.of("UTTERANCE", InteractionLedger.text(write.eventId))));
    // Also where it was begun before a kill: then this is the look after it.
    InteractionLedger unused =
        ledger.interaction(interaction.userId(), interaction.interactionId());
    interaction.sent(write.eventId);
    if (random.nextInt(10) == 0) {
      loseAnAnswer(client, recording);
    }
    Interaction answer = answered(() -> client.interactions().record(recording), killed);
    if (answer == null) {
      return false;
    }
    interaction.acknowledged(name, write.eventId);
    ledger.countAcknowledged();
    return true;
  }

  /** Sends it and hangs up, sooner or later than the answer comes. */
  private void loseAnAnswer(EarshotClient client, Recording recording) {
    CompletableFuture<Interaction> call = client.interactions().recordAsync(recording);
    LockSupport.parkNanos(random.nextInt(PAUSE_NANOS));
    call.cancel(true);
  }

  private boolean remove(
      EarshotClient client, InteractionLedger interaction, AtomicBoolean killed) {
    interaction.removalSent();
    Boolean answer =
        answered(
            () -> client.interactions().delete(interaction.userId(), interaction.interactionId()),
            killed);
    if (answer == null) {
      return false;
    }
    interaction.removed();
    ledger.countAcknowledged();
    return true;
  }

  private boolean putProfile(EarshotClient client, AtomicBoolean killed) {
    // Not repeated at once: of two tries the second may be refused for the first one's etag.
    isEtagKnown = false;
    try {
      etag = client.profiles().update(profile.next(etag)).etag();
    } catch (EarshotException e) {
      requireNoAnswer(e);
      return !killed.get();
    }
    isEtagKnown = true;
    profile.acknowledged();
    ledger.countAcknowledged();
    return true;
  }

  /** After a write of the profile whose end is not known. */
  private boolean readEtag(EarshotClient client, AtomicBoolean killed) {
    String found =
        answered(
            () -> client.profiles().find(profile.userId()).map(Profile::etag).orElse(""), killed);
    if (found == null) {
      return false;
    }
    etag = found;
    isEtagKnown = true;
    return true;
  }

  private interface Call<T> {
    T call();
  }

  /** Calls until there is an answer; null: the server was killed before. */
  private static <T> @Nullable T answered(Call<T> call, AtomicBoolean killed) {
    while (true) {
      try {
        return call.call();
      } catch (EarshotException e) {
        requireNoAnswer(e);
        if (killed.get()) {
          return null;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  /** Throws what the server itself has answered. */
  private static void requireNoAnswer(EarshotException e) {
    boolean noAnswer =
        e instanceof EarshotException.Unavailable
            || e instanceof EarshotException.DeadlineExceeded
            || (e instanceof EarshotException.Other && e.reason().isEmpty());
    if (!noAnswer) {
      throw e;
    }
  }
}
