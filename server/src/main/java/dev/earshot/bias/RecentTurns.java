package dev.earshot.bias;

import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.cache.RemovalNotification;
import dev.earshot.bias.TurnBias.Origin;
import dev.earshot.store.Bytes;
import java.lang.ref.WeakReference;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The turns that were worked out last, as many as fit into some bytes; who was asked for longest
 * ago goes first. A turn is asked for a few times within seconds after it was made, and never
 * again: a cache that prefers what was asked for often would keep the old ones, and drop those that
 * nobody has asked for yet.
 *
 * <p>They are kept as they are stored, in an array each: hundreds of phrases that live for a minute
 * are what a collector takes longest for, and it stops all requests. One that was asked for stays
 * as it is until the next collection.
 *
 * <p>Thread-safe.
 */
final class RecentTurns {
  private static final int ENTRY_BYTES = 512;

  private final TurnBiasCodec codec;
  private final Cache<String, Kept> turns;
  private final StatsCounter stats;
  private final AtomicLong weightBytes = new AtomicLong();

  /** A turn as it is stored. */
  private static final class Kept {
    final Origin origin;
    final long version;
    final Instant expireTime;
    final Bytes content;
    volatile WeakReference<TurnBias> decoded;

    Kept(TurnBias bias, Instant expireTime, Bytes content) {
      this.origin = bias.origin();
      this.version = bias.version();
      this.expireTime = expireTime;
      this.content = content;
      this.decoded = new WeakReference<>(bias);
    }

    int weight() {
      return ENTRY_BYTES + 2 * origin.interactionId().length() + content.size();
    }
  }

  /**
   * @param maxBytes what they may take
   * @param stats counts hits, misses and evictions
   */
  RecentTurns(TurnBiasCodec codec, long maxBytes, StatsCounter stats) {
    this.codec = codec;
    this.stats = stats;
    this.turns =
        CacheBuilder.newBuilder()
            .maximumWeight(maxBytes)
            .weigher((String id, Kept kept) -> kept.weight())
            .removalListener(this::removed)
            // In a single segment, so that the order is that of all of them.
            .concurrencyLevel(1)
            .build();
  }

  private void removed(RemovalNotification<String, Kept> removal) {
    Kept kept = removal.getValue();
    if (kept == null) {
      return;
    }
    weightBytes.addAndGet(-kept.weight());
    if (removal.wasEvicted()) {
      stats.recordEviction(kept.weight(), RemovalCause.SIZE);
    }
  }

  /** The turn of an interaction; null: it is not here. */
  @Nullable TurnBias get(String interactionId) {
    Kept kept = turns.getIfPresent(interactionId);
    if (kept == null) {
      stats.recordMisses(1);
      return null;
    }
    stats.recordHits(1);
    TurnBias known = kept.decoded.get();
    if (known != null) {
      return known;
    }
    Optional<TurnBias> decoded =
        codec.decode(
            kept.content, interactionId, kept.origin.interactionVersion(), kept.expireTime);
    decoded.ifPresent(bias -> kept.decoded = new WeakReference<>(bias));
    return decoded.orElse(null);
  }

  /**
   * Keeps a turn, unless it never expires or a newer version of it is here.
   *
   * @param bias a whole one
   * @param content the same, encoded
   */
  void keep(TurnBias bias, Bytes content) {
    Optional<Instant> expireTime = bias.origin().expireTime();
    if (expireTime.isEmpty()) {
      return;
    }
    String id = bias.origin().interactionId();
    Kept fresh = new Kept(bias, expireTime.get(), content);
    weightBytes.addAndGet(fresh.weight());
    Kept known = turns.asMap().putIfAbsent(id, fresh);
    while (known != null) {
      if (known.version > fresh.version) {
        weightBytes.addAndGet(-fresh.weight());
        return;
      }
      if (turns.asMap().replace(id, known, fresh)) {
        return;
      }
      known = turns.asMap().putIfAbsent(id, fresh);
    }
  }

  void remove(String interactionId) {
    turns.invalidate(interactionId);
  }

  /** Removes a turn of which this is the version, unless another has taken its place. */
  void remove(String interactionId, long version) {
    Kept known = turns.getIfPresent(interactionId);
    if (known != null && known.version == version) {
      turns.asMap().remove(interactionId, known);
    }
  }

  void removeAllOf(String userId) {
    turns.asMap().values().removeIf(kept -> kept.origin.userId().equals(userId));
  }

  long weightBytes() {
    return weightBytes.get();
  }
}
