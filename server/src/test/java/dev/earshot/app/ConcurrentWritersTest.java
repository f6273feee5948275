package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.client.ContextItem;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.Event;
import dev.earshot.client.Interaction;
import dev.earshot.client.Interaction.RecordedEvent;
import dev.earshot.client.Interactions.Recording;
import dev.earshot.model.Bundles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many callers of one interaction, over real connections, on the embedded store. */
@Timeout(120)
class ConcurrentWritersTest {
  private static final int WRITERS = 64;

  /** Of each; an interaction takes 256. */
  private static final int EVENTS = 4;

  @TempDir private Path dataDir;

  @Test
  void eachOfManyWritersSeesItsOwnWriteInItsAnswerAndNoneIsLost() throws Exception {
    try (EarshotServer server =
            EarshotServer.start(
                ServerOptions.embedded(Bundles.DEFAULT).with(StoreOptions.in(dataDir)));
        EarshotClient client =
            EarshotClient.builder("localhost:" + server.port())
                .connections(4)
                .callDeadline(Duration.ofSeconds(60))
                .build()) {
      ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
      CountDownLatch ready = new CountDownLatch(WRITERS);
      List<Callable<List<Interaction>>> writers = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        String name = "w" + writer;
        writers.add(() -> {
          ready.countDown();
          ready.await();
          return write(client, name);
        });
      }
      List<List<Interaction>> answers = new ArrayList<>();
      try {
        for (Future<List<Interaction>> run : threads.invokeAll(writers)) {
          answers.add(run.get());
        }
      } finally {
        threads.shutdownNow();
      }

      for (int writer = 0; writer < WRITERS; writer++) {
        for (int number = 0; number < EVENTS; number++) {
          assertThat(ofWriter("w" + writer, answers.get(writer).get(number)))
              .isEqualTo(eventIds("w" + writer, number + 1));
        }
      }
      // Every write was one step of its own: no two answers show the same one.
      assertThat(answers.stream().flatMap(List::stream).map(Interaction::version))
          .doesNotHaveDuplicates()
          .hasSize(WRITERS * EVENTS);
      Interaction stored = client.interactions().getWithItems("ada", "shared");
      assertThat(stored.events()).hasSize(WRITERS * EVENTS);
      for (int writer = 0; writer < WRITERS; writer++) {
        assertThat(ofWriter("w" + writer, stored)).isEqualTo(eventIds("w" + writer, EVENTS));
      }
      assertThat(stored.events())
          .allSatisfy(event ->
              assertThat(event.items().get(0).item())
                  .map(ContextItem::text)
                  .contains(text(event.eventId())));
    }
  }

  private static List<Interaction> write(EarshotClient client, String writer) {
    List<Interaction> answers = new ArrayList<>();
    for (String id : eventIds(writer, EVENTS)) {
      answers.add(
          client
              .interactions()
              .record(
                  Recording.of(
                      "ada",
                      "shared",
                      Event.of(id, Event.RECOGNIZE).item(ContextItem.of("UTTERANCE", text(id))))));
    }
    return answers;
  }

  private static List<String> eventIds(String writer, int count) {
    return IntStream.range(0, count).mapToObj(number -> writer + "." + number).toList();
  }

  private static List<String> ofWriter(String writer, Interaction interaction) {
    return interaction.events().stream()
        .map(RecordedEvent::eventId)
        .filter(id -> id.startsWith(writer + "."))
        .toList();
  }

  private static String text(String eventId) {
    return "said in " + eventId;
  }
}
