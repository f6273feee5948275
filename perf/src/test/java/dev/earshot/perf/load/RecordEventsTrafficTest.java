package dev.earshot.perf.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.v1.RecordEventsRequest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RecordEventsTrafficTest {
  private static final List<String> TEXTS = List.of("turn it up", "what time is it");

  @Test
  void bringsOneNewEventWithOneTextInEachRequest() throws Exception {
    Traffic traffic =
        RecordEventsTraffic.unary(
            "run", TEXTS, IntStream.range(0, 20).mapToObj(i -> "user-" + i).toList(), 1);
    SplittableRandom random = new SplittableRandom(1);
    Set<String> events = new HashSet<>();
    Map<String, String> users = new HashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < 2_048; i++) {
      RecordEventsRequest request = RecordEventsRequest.parseFrom(traffic.requests().next(random));
      assertThat(request.getInteractionId()).startsWith("run-");
      assertThat(request.getEventsList()).hasSize(1);
      assertThat(request.getEvents(0).getType()).isEqualTo("RECOGNIZE");
      assertThat(request.getEvents(0).getItemsList()).hasSize(1);
      assertThat(request.getEvents(0).getItems(0).getText()).isIn(TEXTS);
      assertThat(events.add(request.getInteractionId() + " " + request.getEvents(0).getEventId()))
          .isTrue();
      // Another user's write would be refused.
      assertThat(users.putIfAbsent(request.getInteractionId(), request.getUserId()))
          .isIn(null, request.getUserId());
      counts.merge(request.getInteractionId(), 1, Integer::sum);
    }
    assertThat(counts.values()).containsOnly(8);
    assertThat(new HashSet<>(users.values())).hasSizeGreaterThan(5);
  }
}
