package dev.earshot.bias;

import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.cache.RemovalNotification;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The turns that were worked out last, as many as fit into some bytes; who was asked for longest
 * ago goes first. A turn is asked for a few times within seconds after it was made, and never
 * again: a cache that prefers what was asked for often would keep the old ones, and drop those that
 * nobody has asked for yet.
 *
 * <p>Thread-safe.
 */
final class RecentTurns {
  private final Cache<String, TurnBias> turns;
  private final StatsCounter stats;
  private final AtomicLong weightBytes = new AtomicLong();

  /**
   * @param maxBytes what they may take
   * @param stats counts hits, misses and evictions
   */
  RecentTurns(long maxBytes, StatsCounter stats) {
    this.stats = stats;
    this.turns =
        CacheBuilder.newBuilder()
            .maximumWeight(maxBytes)
            .weigher(RecentTurns::weigh)
            .removalListener(this::removed)
            // In a single segment, so that the order is that of all of them.
            .concurrencyLevel(1)
            .build();
  }

  private static int weigh(String interactionId, TurnBias bias) {
    return 2 * interactionId.length() + bias.memoryBytes();
  }

  private void removed(RemovalNotification<String, TurnBias> removal) {
    String id = removal.getKey();
    TurnBias bias = removal.getValue();
    if (id == null || bias == null) {
      return;
    }
    int weight = weigh(id, bias);
    weightBytes.addAndGet(-weight);
    if (removal.wasEvicted()) {
      stats.recordEviction(weight, RemovalCause.SIZE);
    }
  }

  /** The turn of an interaction; null: it is not here. */
  @Nullable TurnBias get(String interactionId) {
    TurnBias bias = turns.getIfPresent(interactionId);
    if (bias == null) {
      stats.recordMisses(1);
    } else {
      stats.recordHits(1);
    }
    return bias;
  }

  /** Keeps a turn, unless a newer version of it is here. */
  void keep(TurnBias bias) {
    String id = bias.origin().interactionId();
    weightBytes.addAndGet(weigh(id, bias));
    TurnBias known = turns.asMap().putIfAbsent(id, bias);
    while (known != null) {
      if (known.version() > bias.version()) {
        weightBytes.addAndGet(-weigh(id, bias));
        return;
      }
      if (turns.asMap().replace(id, known, bias)) {
        return;
      }
      known = turns.asMap().putIfAbsent(id, bias);
    }
  }

  void remove(String interactionId) {
    turns.invalidate(interactionId);
  }

  /** Removes a turn, unless another has taken its place. */
  void remove(String interactionId, TurnBias bias) {
    turns.asMap().remove(interactionId, bias);
  }

  void removeAllOf(String userId) {
    turns.asMap().values().removeIf(bias -> bias.origin().userId().equals(userId));
  }

  long weightBytes() {
    return weightBytes.get();
  }
}
