package dev.earshot.store.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.store.Bytes;
import dev.earshot.store.CatalogLog;
import dev.earshot.store.DerivedItem;
import dev.earshot.store.Interaction;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ItemKey;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.Retention;
import dev.earshot.store.SealedRecords;
import dev.earshot.store.Store;
import dev.earshot.store.Store.DeletedUser;
import dev.earshot.store.StoreContract;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.StoredItem;
import dev.earshot.store.Table;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(DynamoDbLocal.Extension.class)
class DynamoDbStoreTest extends StoreContract {
  private static final Retention RETENTION =
      new Retention(Duration.ofMinutes(15), Duration.ofHours(1));

  private final DynamoDbLocal dynamoDb;
  private DynamoDbOptions options;

  DynamoDbStoreTest(DynamoDbLocal dynamoDb) {
    this.dynamoDb = dynamoDb;
    this.options = dynamoDb.options();
    // DynamoDB Local removes what has expired by its own clock: none of this has.
    now = Instant.parse("2200-01-01T12:00:00.123Z");
  }

  @Override
  protected Store open(InstantSource clock, Retention retention) {
    options = dynamoDb.options();
    DynamoDbTables.create(options, new Random(1), (table, made) -> {});
    return another(clock, retention);
  }

  /** Another instance on the same tables. */
  private Store another(InstantSource clock, Retention retention) {
    return DynamoDbStore.open(options, clock, retention, new Random(2));
  }

  // --- Several instances ---

  @Test
  void instancesSeeOneAnothersWritesAtOnce() throws Exception {
    try (Store other = another(() -> now, RETENTION)) {
      join(store.profiles().put(profile("u", 1, "a"), 0));
      assertThat(join(other.profiles().get("u"))).contains(profile("u", 1, "a"));
      assertThat(join(other.profiles().put(profile("u", 1, "b"), 0))).isFalse();

      append("i", "d", "u", event("e1", "X", item("x1", "one")));
      Interaction both =
          join(other.context().append(write("i", "d", "u", event("e2", "X", item("x2", "two")))));
      assertThat(both.events()).hasSize(2);
      assertThat(live("i")).isEqualTo(both);
      assertThat(texts("i", "x2")).containsExactly("two");

      assertThat(join(other.deleteUser("u"))).isEqualTo(new DeletedUser(true, 1));
      assertThat(kind(store.context().append(write("i", "d", "u", event("e3", "X")))))
          .isEqualTo(Kind.USER_DELETED);
    }
  }

  @Test
  void writersOfTwoInstancesLoseNothing() throws Exception {
    try (Store other = another(() -> now, RETENTION)) {
      List<Boolean> ownSeen =
          atOnce(
              16,
              i -> {
                boolean seen = true;
                for (int round = 0; round < 4; round++) {
                  String id = i + "." + round;
                  Interaction entry =
                      join(
                          (i % 2 == 0 ? store : other)
                              .context()
                              .append(write("i", "d", "u", event(id, "X", item("x" + id, id)))));
                  seen &= entry.events().stream().anyMatch(event -> event.eventId().equals(id));
                }
                return seen;
              });

      assertThat(ownSeen).containsOnly(true);
      assertThat(live("i").events()).hasSize(64);
      assertThat(live("i").version()).isEqualTo(64);
      assertThat(join(other.context().ofUser("u", 10))).containsExactly(live("i"));
    }
  }

  @Test
  void anInstanceWhoseClockIsBehindShortensNoLife() throws Exception {
    try (Store behind = another(() -> now.minusSeconds(30), RETENTION)) {
      Instant expiry = append("i", "", "u", event("e1", "X")).expireTime();
      Interaction later = join(behind.context().append(write("i", "", "u", event("e2", "X"))));
      assertThat(later.events()).hasSize(2);
      assertThat(later.expireTime()).isEqualTo(expiry);
    }
  }

  @Test
  void anyInstanceFinishesARemovalThatWasBegunElsewhere() {
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    RawTables raw = new RawTables(options);
    raw.markAsBeingDeleted("i");

    assertThat(read("i").live()).isEmpty();
    assertThat(join(store.context().ofUser("u", 10))).isEmpty();
    assertThat(append("i", "d", "u", event("e1", "X", item("x2", "two"))).version()).isEqualTo(1);
    assertThat(texts("i", "x1")).isEmpty();
    assertThat(texts("i", "x2")).containsExactly("two");
  }

  // --- Removal ---

  @Test
  void leavesNothingInTheTablesOfADeletedUserButTombstones() {
    append("i", "d", "u", event("e1", "X", item("x1", "one"), item("x2", "two")));
    append("j", "", "u", event("e1", "X", item("x1", "three")));
    join(store.context().putDerived(derived("i", 1)));
    RawTables raw = new RawTables(options);
    raw.putItem("i", "orphan of a write that was cut off");

    join(store.deleteUser("u"));
    assertThat(raw.count("context-items")).isZero();
    assertThat(raw.count("interaction-index")).isZero();
    assertThat(raw.count("profiles")).isZero();
    assertThat(raw.attributesOf("interactions"))
        .containsOnly("interaction_id", "gone", "forget_time", "removal_time");
  }

  @Test
  void leavesNothingInTheTablesOfADeletedInteraction() {
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    join(store.context().putDerived(derived("i", 1)));

    assertThat(join(store.context().delete("u", "i"))).isTrue();
    RawTables raw = new RawTables(options);
    for (String table : List.of("context-items", "interaction-index", "interactions")) {
      assertThat(raw.count(table)).as(table).isZero();
    }
    assertThat(append("i", "d", "u", event("e1", "X")).version()).isEqualTo(1);
  }

  @Test
  void removesTheItemsOfARefusedWrite() {
    append("i", "d", "u", event("e1", "X"));
    assertThat(kind(store.context().append(write("i", "d", "v", event("e2", "X", item("x", "t"))))))
        .isEqualTo(Kind.OTHER_USER);
    assertThat(new RawTables(options).count("context-items")).isZero();
  }

  // --- DynamoDB's own expiry ---

  @Test
  void letsDynamoDbRemoveRowsOnlyWhenTheyAreOfNoUseAnyMore() {
    append("i", "d", "u", event("e1", "X", item("x1", "one")));
    RawTables raw = new RawTables(options);

    assertThat(raw.expiringTables())
        .containsExactlyInAnyOrder("interactions", "interaction-index", "context-items");
    Instant expiry = now.plus(RETENTION.ttl());
    assertThat(raw.removalTime("context-items")).isBetween(expiry, expiry.plusSeconds(1));
    // The entry refuses late writes for as long again as an interaction may live.
    Instant forgotten = expiry.plus(RETENTION.maxAge());
    assertThat(raw.removalTime("interactions")).isBetween(forgotten, forgotten.plusSeconds(1));
    Instant end = now.plus(RETENTION.maxAge());
    assertThat(raw.removalTime("interaction-index")).isBetween(end, end.plusSeconds(1));
  }

  // --- Sizes ---

  @Test
  void refusesWhatIsTooLargeForARow() {
    Bytes large = Bytes.wrap(new byte[420_000]);
    assertThat(kind(store.profiles().put(new ProfileTable.Row("u", 1, large), 0)))
        .isEqualTo(Kind.TOO_LARGE);

    NewItem item = new NewItem("x", "REPLY", now.plusSeconds(60), 1, large);
    assertThat(kind(store.context().append(write("i", "", "", event("e", "X", item)))))
        .isEqualTo(Kind.TOO_LARGE);
    assertThat(read("i").live()).isEmpty();

    append("i", "", "", event("e", "X"));
    DerivedItem derived =
        new DerivedItem(new ItemKey("i", "~vector"), 1, now.plusSeconds(60), large);
    assertThat(kind(store.context().putDerived(derived))).isEqualTo(Kind.TOO_LARGE);
  }

  @Test
  void refusesEventsThatWouldMakeAnEntryTooLarge() {
    String longId = "🎺".repeat(128);
    int written = 0;
    Kind refusal = null;
    while (refusal == null && written < Interaction.MAX_EVENTS) {
      var events = new ArrayList<dev.earshot.store.InteractionWrite.NewEvent>();
      for (int i = 0; i < 32; i++, written++) {
        events.add(
            new dev.earshot.store.InteractionWrite.NewEvent(
                written + longId.repeat(2),
                longId,
                now,
                longId,
                Optional.empty(),
                List.of(),
                Bytes.EMPTY));
      }
      var stage =
          store
              .context()
              .append(new dev.earshot.store.InteractionWrite("i", "", "", events))
              .toCompletableFuture();
      if (stage.handle((entry, failure) -> failure != null).join()) {
        refusal = kind(stage);
      }
    }
    assertThat(refusal).isEqualTo(Kind.INTERACTION_FULL);
    assertThat(live("i").events()).hasSizeGreaterThanOrEqualTo(32);
  }

  @Test
  void keepsLargeContentsOfTheCatalogInChunks() {
    CatalogLog log = store.catalog();
    Bytes large = random(1_000_000);
    Bytes larger = random(2_000_001);
    assertThat(join(log.append(new CatalogLog.Entry(1, large)))).isTrue();
    assertThat(join(log.append(new CatalogLog.Entry(2, bytes("small"))))).isTrue();
    assertThat(join(log.read(0, 10)))
        .containsExactly(new CatalogLog.Entry(1, large), new CatalogLog.Entry(2, bytes("small")));

    assertThat(join(log.putSnapshot(new CatalogLog.Entry(1, larger)))).isTrue();
    assertThat(join(log.snapshot())).contains(new CatalogLog.Entry(1, larger));
    assertThat(join(log.putSnapshot(new CatalogLog.Entry(2, large)))).isTrue();
    assertThat(join(log.snapshot())).contains(new CatalogLog.Entry(2, large));
    // The snapshot's row and its three chunks.
    assertThat(new RawTables(options).count("catalog")).isEqualTo(4);
  }

  // --- Encrypting anew ---

  @Test
  void scansAndReplacesWhatIsSealed() {
    Set<SealedRecords.Sealed> expected = new HashSet<>();
    for (int i = 0; i < 12; i++) {
      join(store.profiles().put(profile("u" + i, 1, "p" + i), 0));
      append("i" + i, "", "", event("e", "X", item("x", "t" + i)));
    }
    join(store.catalog().append(new CatalogLog.Entry(1, random(800_000))));
    join(store.catalog().putSnapshot(new CatalogLog.Entry(1, random(900_000))));
    join(store.catalog().append(new CatalogLog.Entry(2, bytes("entry"))));

    for (Table table : SealedRecords.TABLES) {
      List<SealedRecords.Sealed> records = scan(table);
      assertThat(records).hasSize(table == Table.CATALOG ? 2 : 12).doesNotHaveDuplicates();
      for (var record : records) {
        Bytes anew = random(record.content().size() + 1);
        assertThat(join(store.sealedRecords().replace(record, anew))).isTrue();
        assertThat(join(store.sealedRecords().replace(record, anew))).isFalse();
        expected.add(
            new SealedRecords.Sealed(record.key(), record.version(), record.expireMillis(), anew));
      }
    }
    Set<SealedRecords.Sealed> after = new HashSet<>();
    SealedRecords.TABLES.forEach(table -> after.addAll(scan(table)));
    assertThat(after).isEqualTo(expected);
    assertThat(live("i3").version()).isEqualTo(1);
    StoredItem item = join(store.context().items(List.of(new ItemKey("i3", "x")))).found().get(0);
    assertThat(item.expireTime()).isEqualTo(now.plus(RETENTION.ttl()));
  }

  private List<SealedRecords.Sealed> scan(Table table) {
    List<SealedRecords.Sealed> all = new ArrayList<>();
    String cursor = "";
    do {
      SealedRecords.Scan page = join(store.sealedRecords().scan(table, cursor, 5));
      assertThat(page.records()).hasSizeLessThanOrEqualTo(5);
      all.addAll(page.records());
      cursor = page.cursor();
    } while (!cursor.isEmpty());
    return all;
  }

  // --- Tables ---

  @Test
  void makesTablesOnceAndLeavesThemAlone() {
    join(store.profiles().put(profile("u", 1, "a"), 0));
    List<String> made = new ArrayList<>();
    DynamoDbTables.create(options, new Random(1), (table, isNew) -> made.add(table + isNew));

    assertThat(made).hasSize(5).allMatch(line -> line.endsWith("false"));
    assertThat(join(store.profiles().get("u"))).isPresent();
    assertThat(join(store.sizes())).extracting(Store.TableSize::table).contains(Table.PROFILES);
  }

  // --- What the tests are written in ---

  private DerivedItem derived(String interactionId, long version) {
    return new DerivedItem(
        new ItemKey(interactionId, "~vector"), version, now.plusSeconds(60), bytes("vector"));
  }

  private static Bytes random(int size) {
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    return Bytes.wrap(content);
  }
}
