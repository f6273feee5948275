package dev.earshot.bias;

import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.bias.Preparation.Order;
import dev.earshot.bias.Preparation.Tools;
import dev.earshot.bias.WindowListener.Outcome;
import dev.earshot.context.SpeechExpectedListener;
import dev.earshot.store.Bytes;
import dev.earshot.store.ContextStore;
import dev.earshot.store.DerivedItem;
import dev.earshot.store.Interaction;
import dev.earshot.store.Interaction.RecordedEvent;
import dev.earshot.store.ItemKey;
import dev.earshot.store.StoredItem;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The compute window: as soon as an interaction expects speech its turn is worked out, in the
 * background, due when the reply ends; and kept, in a cache bounded by bytes and as an encrypted
 * item beside the interaction, where another instance finds it, or this one after a restart. What a
 * newer event replaced, what has expired and what was removed is not given out.
 *
 * <p>Thread-safe; no method blocks.
 */
final class Turns implements SpeechExpectedListener {
  private static final String ITEM_ID = DerivedItem.PREFIX + "bias";
  private static final Duration USUAL_REPLY = Duration.ofSeconds(1);
  private static final String SPEAK = "SPEAK";

  /** More at a time than can be computed before any of their replies end are not begun. */
  private static final int MOST_AT_A_TIME = 10_000;

  private final ContextStore store;
  private final Tools tools;
  private final InstantSource clock;
  private final TurnBiasCodec codec;
  private final WindowListener listener;
  private final RecentTurns kept;
  private final ConcurrentHashMap<String, Preparation> underWay = new ConcurrentHashMap<>();

  Turns(
      ContextStore store,
      Tools tools,
      InstantSource clock,
      int cacheBytes,
      WindowListener listener,
      StatsCounter stats) {
    this.store = store;
    this.tools = tools;
    this.clock = clock;
    this.codec = new TurnBiasCodec(tools.models().version());
    this.listener = listener;
    this.kept = new RecentTurns(codec, cacheBytes, stats);
  }

  @Override
  public void onSpeechExpected(Interaction interaction) {
    TurnBias known = kept(interaction.interactionId());
    if (known != null && known.origin().interactionVersion() >= interaction.version()) {
      // A repeated write.
      return;
    }
    if (underWay.size() >= MOST_AT_A_TIME) {
      listener.ended(Outcome.FAILED, 0);
      return;
    }
    long due = tools.ticker().nanoTime() + replyTakes(interaction).toNanos();
    begin(interaction, due, false);
  }

  /** How long until the reply ends, as its last SPEAK says. */
  private static Duration replyTakes(Interaction interaction) {
    Duration takes = USUAL_REPLY;
    for (RecordedEvent event : interaction.events()) {
      if (event.type().equals(SPEAK)) {
        takes = event.expectedDuration().orElse(USUAL_REPLY);
      }
    }
    return takes;
  }

  /** Begins to prepare an interaction, unless as new a version is there or under way. */
  private Preparation begin(Interaction entry, long dueNanos, boolean isAwaited) {
    Preparation[] begun = new Preparation[1];
    Preparation[] replaced = new Preparation[1];
    Preparation current =
        underWay.compute(
            entry.interactionId(),
            (id, known) -> {
              if (known != null && version(known) >= entry.version()) {
                return known;
              }
              replaced[0] = known;
              begun[0] =
                  new Preparation(
                      new Order(
                          entry,
                          entry.dialogueId(),
                          entry.userId(),
                          "",
                          BiasQuery.DEFAULT_PHRASES,
                          Optional.empty(),
                          Optional.empty()),
                      tools,
                      dueNanos,
                      isAwaited);
              return begun[0];
            });
    if (replaced[0] != null) {
      listener.ended(Outcome.REPLACED, tools.ticker().nanoTime() - replaced[0].beganNanos());
      // One that a request waits for ends by itself, and is not kept.
      if (!replaced[0].isAwaited()) {
        replaced[0].cancel();
      }
    }
    if (begun[0] != null) {
      Preparation mine = begun[0];
      mine.done().whenComplete((bias, failure) -> ended(mine, bias, dueNanos));
      mine.begin();
    }
    return current;
  }

  private static long version(Preparation preparation) {
    Interaction entry = preparation.order().entry();
    return entry == null ? 0 : entry.version();
  }

  private void ended(Preparation preparation, @Nullable TurnBias bias, long dueNanos) {
    Interaction entry = preparation.order().entry();
    if (entry == null) {
      return;
    }
    Bytes content = bias != null && bias.isWhole() ? codec.encode(bias) : Bytes.EMPTY;
    boolean[] mine = new boolean[1];
    underWay.computeIfPresent(
        entry.interactionId(),
        (id, known) -> {
          if (known != preparation) {
            return known;
          }
          mine[0] = true;
          if (bias != null && bias.isWhole()) {
            // Within the lock of the key, so that a removal comes before it or after it.
            kept.keep(bias, content);
          }
          return null;
        });
    if (!mine[0]) {
      return;
    }
    long now = tools.ticker().nanoTime();
    if (bias == null || !bias.isWhole()) {
      listener.ended(Outcome.FAILED, now - preparation.beganNanos());
      return;
    }
    listener.ended(
        now - dueNanos <= 0 ? Outcome.IN_TIME : Outcome.LATE, now - preparation.beganNanos());
    write(bias, content);
  }

  private void write(TurnBias bias, Bytes content) {
    String id = bias.origin().interactionId();
    Optional<Instant> expireTime = bias.origin().expireTime();
    if (expireTime.isEmpty()) {
      return;
    }
    CompletionStage<Boolean> written;
    try {
      written =
          store.putDerived(
              new DerivedItem(
                  new ItemKey(id, ITEM_ID),
                  bias.origin().interactionVersion(),
                  expireTime.get(),
                  content));
    } catch (RuntimeException e) {
      listener.stored(false);
      return;
    }
    written.whenComplete((stored, failure) -> {
      listener.stored(failure == null);
      if (failure == null && !stored) {
        // Removed meanwhile, or replaced by another instance's.
        kept.remove(id, bias.version());
      }
    });
  }

  /** What is kept of an interaction, whatever its version; null: nothing that lives. */
  @Nullable TurnBias kept(String interactionId) {
    TurnBias bias = kept.get(interactionId);
    return bias != null && bias.isLiveAt(clock.instant()) ? bias : null;
  }

  /**
   * The turn that an entry begins: what is kept of it, here or in the store, else a preparation
   * that a request waits for.
   */
  CompletionStage<Found> find(Interaction entry, long dueNanos) {
    TurnBias known = kept(entry.interactionId());
    if (known != null && known.origin().interactionVersion() == entry.version()) {
      return CompletableFuture.completedStage(new Found(known, null));
    }
    Preparation preparation = underWay.get(entry.interactionId());
    if (preparation != null && preparation.isStuck()) {
      // The store hung when it was read, and may not do so any more.
      underWay.remove(entry.interactionId(), preparation);
      preparation = null;
    }
    if (preparation != null && version(preparation) >= entry.version()) {
      preparation.expedite(dueNanos);
      return CompletableFuture.completedStage(new Found(null, preparation));
    }
    if (!entry.expectsSpeech()) {
      return CompletableFuture.completedStage(new Found(null, begin(entry, dueNanos, true)));
    }
    // Another instance, or this one before a restart, was told that speech is expected.
    ItemKey key = new ItemKey(entry.interactionId(), ITEM_ID);
    return store
        .items(List.of(key))
        .handle((batch, failure) -> {
          Optional<TurnBias> stored = failure == null ? stored(batch, entry) : Optional.empty();
          return new Found(
              stored.orElse(null), stored.isPresent() ? null : begin(entry, dueNanos, true));
        });
  }

  private Optional<TurnBias> stored(StoredItem.Batch batch, Interaction entry) {
    for (StoredItem item : batch.found()) {
      if (item.version() == entry.version() && clock.instant().isBefore(item.expireTime())) {
        Optional<TurnBias> stored =
            codec.decode(item.content(), entry.interactionId(), item.version(), item.expireTime());
        stored.ifPresent(bias -> kept.keep(bias, item.content()));
        return stored;
      }
    }
    return Optional.empty();
  }

  /** One of the two: what is there, or what is on its way. */
  record Found(@Nullable TurnBias bias, @Nullable Preparation preparation) {}

  /** A preparation for one request alone, which is not kept. */
  Preparation prepare(Order order, long dueNanos) {
    Preparation preparation = new Preparation(order, tools, dueNanos, true);
    preparation.begin();
    return preparation;
  }

  /** Forgets an interaction: it was removed. */
  void forget(String interactionId) {
    Preparation known = underWay.remove(interactionId);
    if (known != null) {
      known.cancel();
    }
    kept.remove(interactionId);
  }

  /** Forgets all interactions of a user. */
  void forgetUser(String userId) {
    underWay.forEach((id, preparation) -> {
      if (preparation.order().userId().equals(userId)) {
        forget(id);
      }
    });
    kept.removeAllOf(userId);
  }

  int underWay() {
    return underWay.size();
  }

  long weightBytes() {
    return kept.weightBytes();
  }
}
