package dev.earshot.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.store.StoreException.Kind;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FaultLogTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
  private final FaultLog log = new FaultLog(nanos::get);
  private final StoreException down = new StoreException("no connection");

  @Test
  void saysOneLineOfManyFailuresAndHowManyOthersThereWere() {
    assertThat(log.line(down)).contains("the store failed: UNAVAILABLE: no connection");
    for (int i = 0; i < 1_000; i++) {
      assertThat(log.line(down)).isEmpty();
    }
    nanos.addAndGet(FaultLog.PERIOD.toNanos() - 1);
    assertThat(log.line(down)).isEmpty();
    nanos.incrementAndGet();
    assertThat(log.line(down))
        .contains(
            "the store failed: UNAVAILABLE: no connection (and 1001 more since the last such line)");
    nanos.addAndGet(FaultLog.PERIOD.toNanos());
    assertThat(log.line(down)).contains("the store failed: UNAVAILABLE: no connection");
  }

  @Test
  void anotherKindOfFaultIsSaidAtOnce() {
    assertThat(log.line(down)).isPresent();
    assertThat(log.line(new StoreException(Kind.NO_ROOM, "full"))).isPresent();
  }

  @Test
  void aRefusalIsNoFault() {
    assertThat(log.line(new StoreException(Kind.OTHER_USER, "another user's"))).isEmpty();
  }
}
