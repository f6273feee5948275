package dev.earshot.perf.load;

import dev.earshot.v1.ContextItem;
import dev.earshot.v1.Event;
import dev.earshot.v1.InteractionsGrpc;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes of conversations: each request brings one event with one text to one of many interactions
 * under way, which are of eight events each, as a dialogue manager does.
 */
public final class RecordEventsTraffic {
  private static final int EVENTS = 8;

  /** Interactions under way at once: so far apart are two writes to the same one. */
  private static final int LANES = 64;

  // Field numbers of earshot.v1.
  private static final int INTERACTION_ID = 1;
  private static final int DIALOGUE_ID = 2;
  private static final int USER_ID = 3;
  private static final int EVENTS_FIELD = 4;
  private static final int EVENT_ID = 1;

  private RecordEventsTraffic() {}

  /**
   * One call for each event.
   *
   * @param run that no other run against the same store had: ids begin with it, and an event that
   *     is known would not be written
   * @param userIds whose interactions they are; at least one
   * @param skew of Zipf's law by which users speak; 0: all alike
   */
  public static Traffic unary(
      String run, List<String> utterances, List<String> userIds, double skew) {
    return Traffic.unary(
        InteractionsGrpc.getRecordEventsMethod().getFullMethodName(),
        requests(run, utterances, userIds, skew),
        Traffic.Reader.NOTHING);
  }

  private static Traffic.Requests requests(
      String run, List<String> utterances, List<String> userIds, double skew) {
    List<byte[]> texts =
        utterances.stream()
            .map(text ->
                Event.newBuilder()
                    .setType("RECOGNIZE")
                    .addItems(ContextItem.newBuilder().setKind("UTTERANCE").setText(text))
                    .build()
                    .toByteArray())
            .toList();
    List<byte[]> users = userIds.stream().map(id -> Wire.field(USER_ID, id)).toList();
    Zipf ranks = new Zipf(users.size(), skew);
    AtomicLong count = new AtomicLong();
    return random -> {
      long number = count.getAndIncrement();
      long lane = number % LANES;
      long place = number / LANES;
      String interaction = run + "-" + lane + "-" + place / EVENTS;
      // An interaction is the same user's in each of its requests.
      byte[] user = users.get(ranks.next(new SplittableRandom(interaction.hashCode())));
      return Wire.join(
          Wire.field(INTERACTION_ID, interaction),
          Wire.field(DIALOGUE_ID, interaction),
          user,
          Wire.field(
              EVENTS_FIELD,
              Wire.field(
                  EVENT_ID,
                  Long.toString(number, Character.MAX_RADIX).getBytes(StandardCharsets.US_ASCII)),
              texts.get(random.nextInt(texts.size()))));
    };
  }
}
