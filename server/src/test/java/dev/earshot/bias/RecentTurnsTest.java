package dev.earshot.bias;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.stats.CacheStats;
import com.github.benmanes.caffeine.cache.stats.ConcurrentStatsCounter;
import dev.earshot.bias.TurnBias.Extent;
import dev.earshot.bias.TurnBias.Origin;
import dev.earshot.phrase.Phrases;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecentTurnsTest {
  private static final Instant EXPIRES = Instant.parse("2026-01-01T12:15:00Z");
  private static final int TEXT_LENGTH = 1_000;
  private static final int ROOM_FOR = 10;

  private final ConcurrentStatsCounter stats = new ConcurrentStatsCounter();
  private final TurnBiasCodec codec = new TurnBiasCodec("models");
  private final RecentTurns turns =
      new RecentTurns(codec, ROOM_FOR * codec.encode(turn("i-00", "ann", 1)).size(), stats);

  private void keep(TurnBias turn) {
    turns.keep(turn, codec.encode(turn));
  }

  @Test
  void keepsWhatWasMadeLastThoughNobodyAskedForItYet() {
    for (int i = 0; i < ROOM_FOR; i++) {
      keep(turn(id(i), "ann", 1));
      // Often asked for, and never again.
      for (int j = 0; j < 20; j++) {
        turns.get(id(i));
      }
    }
    for (int i = ROOM_FOR; i < 2 * ROOM_FOR; i++) {
      keep(turn(id(i), "ann", 1));
    }

    for (int i = ROOM_FOR; i < 2 * ROOM_FOR; i++) {
      assertThat(turns.get(id(i))).as(id(i)).isNotNull();
    }
    assertThat(turns.get(id(0))).isNull();
    CacheStats counted = stats.snapshot();
    assertThat(counted.evictionCount()).isEqualTo(ROOM_FOR);
    assertThat(counted.hitCount()).isEqualTo(20L * ROOM_FOR + ROOM_FOR);
    assertThat(counted.missCount()).isEqualTo(1);
  }

  @Test
  void keepsTheNewerVersionInWhateverOrderTheyCome() {
    TurnBias second = turn("i", "ann", 2);
    keep(second);
    keep(turn("i", "ann", 1));
    assertThat(turns.get("i")).isSameAs(second);

    TurnBias third = turn("i", "ann", 3);
    keep(third);
    assertThat(turns.get("i")).isSameAs(third);
  }

  @Test
  void weighsWhatItHolds() {
    TurnBias bias = turn("i", "ann", 1);
    keep(bias);
    long one = turns.weightBytes();
    assertThat(one).isGreaterThan(TEXT_LENGTH);

    keep(turn("i", "ann", 2));
    keep(turn("i", "ann", 1));
    keep(turn("j", "bob", 1));
    assertThat(turns.weightBytes()).isEqualTo(2 * one);

    turns.remove("j", bias.version() + 1);
    assertThat(turns.get("j")).isNotNull();

    turns.removeAllOf("bob");
    assertThat(turns.get("j")).isNull();
    turns.remove("i");
    assertThat(turns.get("i")).isNull();
    assertThat(turns.weightBytes()).isZero();
  }

  @Test
  void readsAgainWhatACollectionHasTaken() {
    Origin origin = turn("i", "ann", 7).origin();
    keep(turn("i", "ann", 7));
    System.gc();

    TurnBias read = Objects.requireNonNull(turns.get("i"));

    assertThat(read.contextText()).isEqualTo("x".repeat(TEXT_LENGTH));
    assertThat(read.origin()).isEqualTo(origin);
    assertThat(turns.get("i")).isSameAs(read);
  }

  private static String id(int i) {
    return String.format(Locale.ROOT, "i-%02d", i);
  }

  private static TurnBias turn(String interactionId, String userId, long version) {
    return new TurnBias(
        new Origin(interactionId, "", userId, "", version, Optional.of(EXPIRES), 0, 100),
        Phrases.NONE,
        "x".repeat(TEXT_LENGTH),
        Optional.empty(),
        Extent.FULL,
        Map.of());
  }
}
