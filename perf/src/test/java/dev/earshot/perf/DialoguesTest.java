package dev.earshot.perf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.v1.ContextItem;
import dev.earshot.v1.Hypothesis;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class DialoguesTest {
  private final Dialogues dialogues = new Dialogues("run", 3, 100, 1);

  @Test
  void givesEachUserSoManyDifferentEntries() {
    for (String user : Population.ids(3)) {
      assertThat(dialogues.entries(user)).hasSize(100).doesNotHaveDuplicates();
    }
  }

  @Test
  void opensTheMicrophoneAfterAReplyThatNamesTwoOfTheUsersContacts() {
    SplittableRandom random = new SplittableRandom(1);
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      Dialogues.Recorded turn = dialogues.next(random, Duration.ofMillis(1_500));
      assertThat(ids.add(turn.events().getInteractionId())).isTrue();
      assertThat(turn.events().getEventsList())
          .extracting(event -> event.getType())
          .containsExactly("RECOGNIZE", "SPEAK", "EXPECT_SPEECH");
      assertThat(turn.events().getEvents(1).getExpectedDuration())
          .isEqualTo(
              com.google.protobuf.Duration.newBuilder()
                  .setSeconds(1)
                  .setNanos(500_000_000)
                  .build());
      assertThat(turn.events().getEvents(1).getItemsList())
          .filteredOn(item -> item.getKind().equals("CONTACT"))
          .extracting(ContextItem::getText)
          .isEqualTo(turn.named())
          .doesNotHaveDuplicates()
          .isSubsetOf(dialogues.entries(turn.events().getUserId()));
      assertThat(turn.bias().getInteractionId()).isEqualTo(turn.events().getInteractionId());
      assertThat(turn.bias().getUserId()).isEqualTo(turn.events().getUserId());
    }
  }

  @Test
  void hearsSomethingNearAName() {
    List<Hypothesis> heard = Dialogues.heard("Meg Bauer", 10, new SplittableRandom(1));
    assertThat(heard).hasSize(10);
    assertThat(heard).extracting(Hypothesis::getText).allMatch(text -> text.length() >= 3);
    assertThat(heard).extracting(Hypothesis::getScore).allMatch(score -> score < 0);
  }
}
