package dev.earshot.bias;

import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.stats.StatsCounter;
import dev.earshot.store.Bytes;
import java.lang.ref.WeakReference;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The turns that were worked out last, as many as fit into some bytes; the oldest go first. A turn
 * is asked for a few times within seconds after it was made, and never again: a cache that prefers
 * what was asked for often would keep the old ones, and drop those that nobody has asked for yet.
 *
 * <p>They are kept as they are stored, outside the Java heap: what lives for a minute or so is what
 * a collector copies most of, and it stops all requests for that. One that was asked for stays as
 * it is until the next collection.
 *
 * <p>Thread-safe.
 */
final class RecentTurns {
  /** What one takes beside its content, in the index. */
  private static final int ENTRY_BYTES = 256;

  private final TurnBiasCodec codec;
  private final StatsCounter stats;
  private final ByteRing contents;
  private final ConcurrentHashMap<String, Kept> index = new ConcurrentHashMap<>();

  /** In the order of their contents; some are removed or replaced. */
  private final ConcurrentLinkedQueue<Kept> byAge = new ConcurrentLinkedQueue<>();

  private final AtomicLong weightBytes = new AtomicLong();

  /** Where a turn is. */
  private static final class Kept {
    final String interactionId;
    final String userId;
    final long interactionVersion;
    final long version;
    final Instant expireTime;
    final long position;
    final int length;
    volatile WeakReference<TurnBias> decoded;

    Kept(TurnBias bias, Instant expireTime, long position, int length) {
      this.interactionId = bias.origin().interactionId();
      this.userId = bias.origin().userId();
      this.interactionVersion = bias.origin().interactionVersion();
      this.version = bias.version();
      this.expireTime = expireTime;
      this.position = position;
      this.length = length;
      this.decoded = new WeakReference<>(bias);
    }

    int weight() {
      return ENTRY_BYTES + 2 * interactionId.length() + length;
    }
  }

  /**
   * @param bytes what they may take, all of which is taken at once
   * @param stats counts hits, misses and evictions
   */
  RecentTurns(TurnBiasCodec codec, int bytes, StatsCounter stats) {
    this.codec = codec;
    this.stats = stats;
    this.contents = new ByteRing(bytes);
  }

  /** The turn of an interaction; null: it is not here. */
  @Nullable TurnBias get(String interactionId) {
    Kept kept = index.get(interactionId);
    TurnBias bias = kept == null ? null : read(kept);
    if (bias == null) {
      stats.recordMisses(1);
    } else {
      stats.recordHits(1);
    }
    return bias;
  }

  private @Nullable TurnBias read(Kept kept) {
    TurnBias known = kept.decoded.get();
    if (known != null) {
      return known;
    }
    byte[] content = contents.read(kept.position, kept.length);
    if (content == null) {
      return null;
    }
    Optional<TurnBias> decoded =
        codec.decode(
            Bytes.wrap(content), kept.interactionId, kept.interactionVersion, kept.expireTime);
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
    long position = contents.write(content.array());
    if (position == ByteRing.NOWHERE) {
      return;
    }
    Kept fresh = new Kept(bias, expireTime.get(), position, content.size());
    byAge.add(fresh);
    index.compute(
        fresh.interactionId,
        (id, known) -> {
          if (known != null && known.version > fresh.version) {
            return known;
          }
          weightBytes.addAndGet(fresh.weight() - (known == null ? 0 : known.weight()));
          return fresh;
        });
    dropOverwritten();
  }

  private void dropOverwritten() {
    Kept oldest = byAge.peek();
    while (oldest != null && !contents.holds(oldest.position)) {
      // Another thread may be at it too.
      if (byAge.remove(oldest) && drop(oldest)) {
        stats.recordEviction(oldest.weight(), RemovalCause.SIZE);
      }
      oldest = byAge.peek();
    }
  }

  private boolean drop(Kept kept) {
    boolean dropped = index.remove(kept.interactionId, kept);
    if (dropped) {
      weightBytes.addAndGet(-kept.weight());
    }
    return dropped;
  }

  void remove(String interactionId) {
    Kept known = index.get(interactionId);
    while (known != null && !drop(known)) {
      known = index.get(interactionId);
    }
  }

  /** Removes a turn of which this is the version, unless another has taken its place. */
  void remove(String interactionId, long version) {
    Kept known = index.get(interactionId);
    if (known != null && known.version == version) {
      drop(known);
    }
  }

  void removeAllOf(String userId) {
    index
        .values()
        .forEach(kept -> {
          if (kept.userId.equals(userId)) {
            drop(kept);
          }
        });
  }

  /** What those that are here take. */
  long weightBytes() {
    return weightBytes.get();
  }
}
