package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.context.Interactions;
import dev.earshot.context.SpeechExpectedListener;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.MeteredStore;
import dev.earshot.store.Retention;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SelfCallsTest {
  @Test
  void rehearsesWritesReadsAndRemovalsThatAllSucceed() {
    MeterRegistry registry = new SimpleMeterRegistry();
    InstantSource clock = InstantSource.fixed(Instant.EPOCH);
    MeteredStore store =
        new MeteredStore(new MemoryStore(clock, Retention.DEFAULT), registry, () -> 0);
    AtomicLong random = new AtomicLong();
    List<String> turns = new ArrayList<>();
    Interactions interactions =
        new Interactions(
            store.context(),
            Retention.DEFAULT.ttl(),
            clock,
            random::incrementAndGet,
            SpeechExpectedListener.NONE);
    ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
    try {
      SelfCalls.rehearse(
          new InteractionsService(
              interactions, new Patience(timers, Patience.DEFAULT), new LenientMarshalling()),
          turns::add);
    } finally {
      timers.shutdownNow();
    }

    assertThat(count(registry, "interactions", "append")).isGreaterThanOrEqualTo(8);
    assertThat(count(registry, "context_items", "get")).isPositive();
    assertThat(count(registry, "interactions", "delete")).isPositive();
    assertThat(turns).isNotEmpty().doesNotHaveDuplicates();
    assertThat(registry.find("earshot.store.errors").counters()).isEmpty();
  }

  private static long count(MeterRegistry registry, String table, String operation) {
    return registry
        .get("earshot.store")
        .tags("table", table, "operation", operation)
        .timer()
        .count();
  }
}
