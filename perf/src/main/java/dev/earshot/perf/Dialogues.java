package dev.earshot.perf;

import com.google.protobuf.Duration;
import dev.earshot.perf.load.TurnLoad;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.Event;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.ListEntry;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.UpdateListRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import net.datafaker.Faker;

/**
 * Users with lists of names, and turns of theirs: somebody is to be called, the reply names two
 * whom the user has, and asks which. Made by a seed; thread-safe.
 */
final class Dialogues {
  private static final int CHOICES = 2;
  private static final int DRAWS_EACH = 20;
  private static final double SCORE_STEP = 0.4;

  /** Of a user's entries those that are no contacts. */
  private static final int OTHERS_PART = 5;

  private final List<List<UpdateListRequest>> lists = new ArrayList<>();
  private final List<List<String>> contacts = new ArrayList<>();
  private final String run;
  private final AtomicLong count = new AtomicLong();

  /**
   * @param run that no other run against the same store had: ids begin with it
   * @param entries of each user's lists, over all
   */
  Dialogues(String run, int users, int entries, long seed) {
    if (users < 1 || entries < OTHERS_PART * CHOICES) {
      throw new IllegalArgumentException(
          "users: " + users + ", entries: " + entries + " (expected: >= 1, >= 10)");
    }
    this.run = run;
    Faker faker = new Faker(Locale.US, new Random(seed));
    for (String user : Population.ids(users)) {
      int others = entries / OTHERS_PART;
      List<String> names =
          distinct(
              entries - 2 * others, () -> faker.name().firstName() + " " + faker.name().lastName());
      List<String> devices =
          distinct(others, () -> faker.house().room() + " " + faker.appliance().equipment());
      List<String> playlists =
          distinct(others, () -> faker.music().genre() + " for " + faker.hobby().activity());
      lists.add(
          List.of(
              list(user, "contacts", names),
              list(user, "devices", devices),
              list(user, "playlists", playlists)));
      contacts.add(names);
    }
  }

  /** So many, each once: where the draws run out, with a number. */
  private static List<String> distinct(int count, Supplier<String> draw) {
    Set<String> drawn = new LinkedHashSet<>();
    for (int draws = 0; drawn.size() < count; draws++) {
      String text = draw.get();
      drawn.add(draws < DRAWS_EACH * count ? text : text + " " + draws);
    }
    return List.copyOf(drawn);
  }

  private static UpdateListRequest list(String user, String type, List<String> texts) {
    return UpdateListRequest.newBuilder()
        .setUserId(user)
        .setType(type)
        .setAllowMissing(true)
        .addAllAddEntries(
            texts.stream().map(text -> ListEntry.newBuilder().setText(text).build()).toList())
        .build();
  }

  /** All entries of a user's lists. */
  List<String> entries(String userId) {
    return lists.stream()
        .flatMap(List::stream)
        .filter(list -> list.getUserId().equals(userId))
        .flatMap(list -> list.getAddEntriesList().stream())
        .map(ListEntry::getText)
        .toList();
  }

  /** Writes the users' lists through the public API. */
  void register(String host, int port) throws BenchException, InterruptedException {
    // One list after the other, so that two writes do not meet at one profile.
    for (int i = 0; i < lists.get(0).size(); i++) {
      int which = i;
      Population.write(
          host,
          port,
          lists.stream().map(all -> all.get(which)).toList(),
          (profiles, list, answer) -> profiles.updateList(list, answer));
    }
  }

  /**
   * A turn whose microphone re-opens.
   *
   * @param events that make it
   * @param named the choices that its reply names
   */
  record Recorded(RecordEventsRequest events, List<String> named) {
    GetBiasRequest bias() {
      return GetBiasRequest.newBuilder()
          .setInteractionId(events.getInteractionId())
          .setUserId(events.getUserId())
          .build();
    }

    /** As two messages. */
    TurnLoad.Turn messages() {
      return new TurnLoad.Turn(events.toByteArray(), bias().toByteArray());
    }
  }

  /**
   * The next turn, an interaction of its own.
   *
   * @param reply how long it is spoken
   */
  Recorded next(RandomGenerator random, java.time.Duration reply) {
    int user = random.nextInt(contacts.size());
    List<String> names = contacts.get(user);
    int first = random.nextInt(names.size());
    int second = (first + 1 + random.nextInt(names.size() - 1)) % names.size();
    List<String> named = List.of(names.get(first), names.get(second));
    String id = run + "-" + Long.toString(count.getAndIncrement(), Character.MAX_RADIX);
    Event.Builder speak =
        Event.newBuilder()
            .setEventId("speak")
            .setType("SPEAK")
            .setExpectedDuration(
                Duration.newBuilder().setSeconds(reply.getSeconds()).setNanos(reply.getNano()))
            .addItems(item("REPLY", "Do you mean " + String.join(" or ", named) + "?"));
    named.forEach(name -> speak.addItems(item("CONTACT", name)));
    return new Recorded(
        RecordEventsRequest.newBuilder()
            .setInteractionId(id)
            .setDialogueId(id)
            .setUserId(lists.get(user).get(0).getUserId())
            .addEvents(
                Event.newBuilder()
                    .setEventId("recognize")
                    .setType("RECOGNIZE")
                    .addItems(item("UTTERANCE", "call " + firstName(named.get(0)))))
            .addEvents(speak)
            .addEvents(Event.newBuilder().setEventId("expect").setType("EXPECT_SPEECH"))
            .build(),
        named);
  }

  private static ContextItem.Builder item(String kind, String text) {
    return ContextItem.newBuilder().setKind(kind).setText(text);
  }

  private static String firstName(String name) {
    return name.substring(0, name.indexOf(' '));
  }

  /**
   * What a recogniser may propose for a name: texts near it, the best not always first, for the
   * order given is to be kept where there is nothing to go by.
   *
   * @param hypotheses at least two
   */
  static List<Hypothesis> heard(String name, int hypotheses, RandomGenerator random) {
    String[] words = name.toLowerCase(Locale.ROOT).split(" ", -1);
    List<Hypothesis> heard = new ArrayList<>();
    for (int i = 0; i < hypotheses; i++) {
      StringBuilder text = new StringBuilder(words[i % words.length]);
      if (i != 1) {
        text.setCharAt(random.nextInt(text.length()), (char) ('a' + random.nextInt('z' - 'a' + 1)));
      }
      heard.add(
          Hypothesis.newBuilder()
              .setText(i % 3 == 2 ? "call " + text : text.toString())
              .setScore(-1 - SCORE_STEP * i - random.nextDouble())
              .build());
    }
    return heard;
  }
}
