package dev.earshot.perf.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.client.ContextItem;
import dev.earshot.client.Interaction;
import dev.earshot.client.Interaction.RecordedEvent;
import dev.earshot.client.Interaction.RecordedItem;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class InteractionLedgerTest {
  private final InteractionLedger ledger = new InteractionLedger("ada", "i1");

  /** Two writers; the last write of the second was not answered. */
  @BeforeEach
  void write() {
    for (String id : List.of("a0", "b0", "a1", "b1")) {
      ledger.sent(id);
    }
    ledger.acknowledged("a", "a0");
    ledger.acknowledged("a", "a1");
    ledger.acknowledged("b", "b0");
  }

  @Test
  void findsNothingWhereAllAcknowledgedIsThereInOrder() {
    for (Interaction kept :
        List.of(
            stored("a0", "b0", "a1"), stored("b0", "a0", "a1"), stored("a0", "b0", "b1", "a1"))) {
      assertThat(ledger.check(Optional.of(kept)).isClean()).isTrue();
    }
    assertThat(ledger.check(Optional.of(stored("a0", "b0", "a1"))).checked()).isEqualTo(3);
  }

  @Test
  void findsWhatWasLost() {
    assertThat(ledger.check(Optional.of(stored("a0", "b0"))).lost()).isEqualTo(1);
    assertThat(ledger.check(Optional.of(stored("a0", "b0"))).examples())
        .containsExactly("lost: a1 of i1");
    assertThat(ledger.check(Optional.empty()).lost()).isEqualTo(3);
  }

  @Test
  void findsALostText() {
    RecordedEvent bare =
        new RecordedEvent("a0", "RECOGNIZE", Instant.EPOCH, "", Optional.empty(), List.of());
    RecordedEvent other = event("b0", "something else");
    assertThat(ledger.check(Optional.of(interaction(3, bare, other, event("a1")))).lost())
        .isEqualTo(2);
  }

  @Test
  void findsWhatIsThereTwice() {
    assertThat(ledger.check(Optional.of(stored("a0", "b0", "a1", "a0"))).doubled()).isEqualTo(1);
    // A repeated write that changed the entry, but for its events.
    Interaction changed = interaction(4, event("a0"), event("b0"), event("a1"));
    assertThat(ledger.check(Optional.of(changed)).doubled()).isEqualTo(1);
  }

  @Test
  void findsWhatIsOutOfOrder() {
    assertThat(ledger.check(Optional.of(stored("a1", "b0", "a0"))).misordered()).isEqualTo(1);
  }

  @Test
  void findsWhatNobodyWrote() {
    assertThat(ledger.check(Optional.of(stored("a0", "b0", "a1", "c0"))).strange()).isEqualTo(1);
  }

  @Test
  void findsWhatCameBack() {
    ledger.removalSent();
    assertThat(ledger.check(Optional.empty()).isClean()).isTrue();
    assertThat(ledger.check(Optional.of(stored("a0", "b0", "a1"))).isClean()).isTrue();
    ledger.removed();
    assertThat(ledger.check(Optional.empty()).isClean()).isTrue();
    assertThat(ledger.check(Optional.of(stored("a0", "b0", "a1"))).revived()).isEqualTo(1);
  }

  private static Interaction stored(String... eventIds) {
    return interaction(
        eventIds.length,
        Arrays.stream(eventIds).map(InteractionLedgerTest::event).toArray(RecordedEvent[]::new));
  }

  private static Interaction interaction(long version, RecordedEvent... events) {
    return new Interaction(
        "i1", "", "ada", List.of(events), false, version, Instant.EPOCH, Instant.MAX);
  }

  private static RecordedEvent event(String id) {
    return event(id, InteractionLedger.text(id));
  }

  private static RecordedEvent event(String id, String text) {
    RecordedItem item =
        new RecordedItem(
            id, "UTTERANCE", Instant.MAX, Optional.of(ContextItem.of("UTTERANCE", text)), false);
    return new RecordedEvent(id, "RECOGNIZE", Instant.EPOCH, "", Optional.empty(), List.of(item));
  }
}
