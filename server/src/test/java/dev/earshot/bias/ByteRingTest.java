package dev.earshot.bias;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ByteRingTest {
  private static final int CAPACITY = 100;

  private final ByteRing ring = new ByteRing(CAPACITY);

  /** Where something was written. */
  private record Place(long position, int length, byte value) {}

  private static byte[] bytes(int length, byte value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, value);
    return bytes;
  }

  private static Place write(ByteRing ring, int length, int value) {
    byte of = (byte) value;
    return new Place(ring.write(bytes(length, of)), length, of);
  }

  @Test
  void givesWhatWasWrittenUntilItsPlaceIsNeeded() {
    Place first = write(ring, 40, 1);
    Place second = write(ring, 60, 2);
    assertThat(ring.read(first.position, 40)).isEqualTo(bytes(40, (byte) 1));
    assertThat(ring.read(second.position, 60)).isEqualTo(bytes(60, (byte) 2));

    Place third = write(ring, 1, 3);

    assertThat(ring.holds(first.position)).isFalse();
    assertThat(ring.read(first.position, 40)).isNull();
    assertThat(ring.read(second.position, 60)).isEqualTo(bytes(60, (byte) 2));
    assertThat(ring.read(third.position, 1)).isEqualTo(bytes(1, (byte) 3));
  }

  @Test
  void keepsAStringInOnePieceWhereTheRoundEnds() {
    write(ring, 70, 1);
    Place second = write(ring, 50, 2);
    Place third = write(ring, 50, 3);

    assertThat(ring.read(second.position, 50)).isEqualTo(bytes(50, (byte) 2));
    assertThat(ring.read(third.position, 50)).isEqualTo(bytes(50, (byte) 3));
  }

  @Test
  void refusesWhatIsLongerThanItself() {
    assertThat(ring.write(new byte[CAPACITY + 1])).isEqualTo(ByteRing.NOWHERE);
    assertThat(ring.write(new byte[CAPACITY])).isNotEqualTo(ByteRing.NOWHERE);
  }

  @Test
  void holdsTheNewestInEveryRound() {
    SplittableRandom random = new SplittableRandom(7);
    Place[] last = new Place[2];
    for (int i = 0; i < 10_000; i++) {
      // Two of these always fit, wherever the round ends.
      Place next = write(ring, 1 + random.nextInt(CAPACITY / 3), i);
      last[0] = last[1];
      last[1] = next;
      for (Place place : last) {
        if (place != null) {
          assertThat(ring.read(place.position, place.length))
              .isEqualTo(bytes(place.length, place.value));
        }
      }
    }
  }

  @Test
  void neverGivesReadersHalfOfOneAndHalfOfAnother() {
    ByteRing shared = new ByteRing(1 << 16);
    AtomicReference<Place> newest = new AtomicReference<>(write(shared, 100, 0));
    AtomicInteger found = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<CompletableFuture<Void>> all =
          IntStream.range(0, 4)
              .mapToObj(i ->
                  CompletableFuture.runAsync(
                      () -> {
                        for (int j = 0; j < 20_000; j++) {
                          if (i < 2) {
                            int length = ThreadLocalRandom.current().nextInt(1, 16_000);
                            Place place = write(shared, length, 2 * j + i);
                            if (place.position != ByteRing.NOWHERE) {
                              newest.set(place);
                            }
                          } else {
                            Place place = Objects.requireNonNull(newest.get());
                            byte[] copy = shared.read(place.position, place.length);
                            if (copy != null) {
                              found.incrementAndGet();
                              assertThat(Arrays.equals(copy, bytes(place.length, place.value)))
                                  .isTrue();
                            }
                          }
                        }
                      },
                      threads))
              .toList();
      all.forEach(CompletableFuture::join);
    } finally {
      threads.shutdownNow();
    }
    assertThat(found).hasPositiveValue();
  }
}
