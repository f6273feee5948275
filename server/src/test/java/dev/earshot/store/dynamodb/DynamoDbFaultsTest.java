package dev.earshot.store.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.store.Bytes;
import dev.earshot.store.Interaction;
import dev.earshot.store.InteractionWrite;
import dev.earshot.store.InteractionWrite.NewEvent;
import dev.earshot.store.InteractionWrite.NewItem;
import dev.earshot.store.ItemKey;
import dev.earshot.store.ProfileTable;
import dev.earshot.store.Retention;
import dev.earshot.store.StoreException;
import dev.earshot.store.StoreException.Kind;
import dev.earshot.store.dynamodb.FaultyProxy.Answer;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the store makes of a DynamoDB that throttles, fails, hangs or loses answers. */
@ExtendWith(DynamoDbLocal.Extension.class)
class DynamoDbFaultsTest {
  private static final Instant NOW = Instant.parse("2200-01-01T12:00:00Z");

  /** Enough for real answers; only tests of what never comes wait for these to pass. */
  private static final Duration LONG = Duration.ofSeconds(60);

  private static final Duration SHORT = Duration.ofMillis(300);

  /** Nothing to wait for before the next try. */
  private static final RandomGenerator NO_PAUSE = () -> 0;

  private final DynamoDbLocal dynamoDb;
  private final FaultyProxy proxy;
  private DynamoDbOptions options;
  private DynamoDbStore store;

  DynamoDbFaultsTest(DynamoDbLocal dynamoDb) throws Exception {
    this.dynamoDb = dynamoDb;
    proxy = new FaultyProxy(dynamoDb.endpoint());
    options = through(LONG, LONG, dynamoDb.options().tablePrefix());
    DynamoDbTables.create(options, new Random(1), (table, made) -> {});
    store = open(options);
  }

  @BeforeEach
  void forgetWhatOpeningTook() {
    proxy.reset();
  }

  @AfterEach
  void close() throws Exception {
    store.close();
    proxy.close();
  }

  private DynamoDbOptions through(Duration attempt, Duration whole, String prefix) {
    return new DynamoDbOptions(
        Optional.of(proxy.endpoint()), Optional.of("us-east-1"), prefix, attempt, whole, 64);
  }

  private static DynamoDbStore open(DynamoDbOptions options) {
    return DynamoDbStore.open(options, () -> NOW, Retention.DEFAULT, NO_PAUSE);
  }

  /** The store again, with little time: too little to look at the tables first. */
  private void hurry(Duration attempt, Duration whole) {
    store.close();
    options = through(attempt, whole, options.tablePrefix());
    store = DynamoDbStore.unchecked(options, () -> NOW, Retention.DEFAULT, NO_PAUSE);
    proxy.reset();
  }

  @Test
  void triesAgainWhatWasThrottledOrFailed() {
    proxy.next("GetItem", Answer.throttled(), Answer.failing(), Answer.throttled());
    assertThat(join(store.profiles().get("u"))).isEmpty();
    assertThat(proxy.requests("GetItem")).isEqualTo(4);
  }

  @Test
  void saysThatItWasThrottledWhenItStopsTrying() {
    proxy.always("GetItem", Answer.throttled());

    assertThat(kind(store.profiles().get("u"))).isEqualTo(Kind.THROTTLED);
    assertThat(proxy.requests("GetItem")).isBetween(10, 60);
  }

  @Test
  void saysThatItFails() {
    proxy.always("GetItem", Answer.failing());
    assertThat(kind(store.context().get("i"))).isEqualTo(Kind.UNAVAILABLE);
  }

  @Test
  void doesNotTryAgainWhatIsRefused() {
    proxy.always("GetItem", Answer.refusing("AccessDeniedException"));
    StoreException failure = failure(store.profiles().get("u-secret"));
    assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("AccessDeniedException").hasNoCause();
    assertThat(proxy.requests("GetItem")).isEqualTo(1);
  }

  @Test
  void givesUpOnWhatHangs() {
    hurry(SHORT, SHORT);
    proxy.always("GetItem", Answer.hanging());
    assertThat(kind(store.profiles().get("u"))).isEqualTo(Kind.TIMEOUT);
  }

  @Test
  void triesAgainWhatHungOnce() {
    hurry(SHORT, LONG);
    proxy.next("GetItem", Answer.hanging());
    assertThat(join(store.profiles().get("u"))).isEmpty();
  }

  @Test
  void triesNoMoreOnceTheCallerHasCancelled() throws Exception {
    hurry(SHORT, LONG);
    proxy.always("GetItem", Answer.hanging());
    CompletableFuture<?> read = store.profiles().get("u").toCompletableFuture();
    proxy.awaitRequests("GetItem", 1);

    read.cancel(true);
    proxy.awaitHangUp();
    proxy.reset();
    assertThat(join(store.profiles().list("", 1)).rows()).isEmpty();
    assertThat(proxy.requests("GetItem")).isZero();
  }

  @Test
  void closingEndsWhatIsUnderWay() throws Exception {
    proxy.always("GetItem", Answer.hanging());
    CompletionStage<?> read = store.profiles().get("u");
    proxy.awaitRequests("GetItem", 1);
    store.close();
    assertThat(kind(read)).isEqualTo(Kind.CLOSED);
  }

  @Test
  void aServerThatIsNotThereIsUnavailable() {
    URI nobody = proxy.endpoint();
    proxy.close();
    var toNobody =
        new DynamoDbOptions(
            Optional.of(nobody),
            Optional.empty(),
            "test",
            Duration.ofSeconds(5),
            SHORT.multipliedBy(20),
            4);
    assertThatThrownBy(() -> open(toNobody))
        .isInstanceOfSatisfying(
            StoreException.class,
            failure -> assertThat(failure.kind()).isEqualTo(Kind.UNAVAILABLE));
  }

  @Test
  void missingTablesAreNamedWithWhatToDo() {
    assertThatThrownBy(() -> open(through(LONG, LONG, "nothing-here")))
        .isInstanceOfSatisfying(
            StoreException.class, failure -> assertThat(failure.kind()).isEqualTo(Kind.FORMAT))
        .hasMessageContaining("nothing-here-")
        .hasMessageContaining("earshot store create");
  }

  // --- Lost answers ---

  @Test
  void anAppendWhoseAnswerWasLostIsDoneOnce() {
    append("i", "e1", "x1");
    proxy.next("UpdateItem", Answer.losing());
    Interaction second = append("i", "e2", "x2");

    assertThat(proxy.requests("UpdateItem")).isEqualTo(2);
    assertThat(second.version()).isEqualTo(2);
    assertThat(second.events()).hasSize(2);
    assertThat(join(store.context().items(List.of(new ItemKey("i", "x2")))).found()).hasSize(1);
  }

  @Test
  void aFirstAppendWhoseAnswerWasLostIsDoneOnce() {
    proxy.next("PutItem", Answer.passing(), Answer.losing());
    Interaction first = append("i", "e1", "x1");

    assertThat(first.version()).isEqualTo(1);
    assertThat(join(store.context().items(List.of(new ItemKey("i", "x1")))).found()).hasSize(1);
    assertThat(join(store.context().ofUser("u", 10))).containsExactly(first);
  }

  @Test
  void aProfileWhoseAnswerWasLostIsWritten() {
    var row = new ProfileTable.Row("u", 1, Bytes.wrap(new byte[] {1}));
    proxy.next("PutItem", Answer.losing());
    assertThat(join(store.profiles().put(row, 0))).isTrue();
    assertThat(join(store.profiles().put(row, 0))).isFalse();
  }

  @Test
  void aDeletionThatWasCutOffIsRepeated() {
    append("i", "e1", "x1");
    proxy.always("Query", Answer.refusing("AccessDeniedException"));
    assertThat(kind(store.context().delete("u", "i"))).isEqualTo(Kind.UNAVAILABLE);
    assertThat(join(store.context().get("i")).live()).isEmpty();

    proxy.reset();
    assertThat(join(store.context().delete("u", "i"))).isFalse();
    RawTables raw = new RawTables(dynamoDbOptions());
    assertThat(raw.count("interactions")).isZero();
    assertThat(raw.count("context-items")).isZero();
    assertThat(raw.count("interaction-index")).isZero();
  }

  @Test
  void aUsersDeletionThatWasCutOffIsRepeated() {
    append("i", "e1", "x1");
    proxy.always("BatchWriteItem", Answer.refusing("AccessDeniedException"));
    assertThat(kind(store.deleteUser("u"))).isEqualTo(Kind.UNAVAILABLE);
    assertThat(join(store.context().get("i")).live()).isEmpty();

    proxy.reset();
    join(store.deleteUser("u"));
    RawTables raw = new RawTables(dynamoDbOptions());
    assertThat(raw.count("context-items")).isZero();
    assertThat(raw.count("interaction-index")).isZero();
  }

  @Test
  void runsWhatDependsOnItOnThreadsOfItsOwn() {
    String thread =
        join(store.profiles().get("u").thenApply(row -> Thread.currentThread().getName()));
    assertThat(thread).matches("earshot-dynamodb-\\d.*|main|.*[Tt]est.*");
    assertThat(thread).doesNotContain("-io");
  }

  @Test
  void spendsNoRetriesWhileMostRequestsFail() {
    RetryTokens tokens = new RetryTokens();
    int retried = 0;
    for (int i = 0; i < 1_000; i++) {
      retried += tokens.failed() ? 1 : 0;
    }
    assertThat(retried).isLessThan(60);
    for (int i = 0; i < 1_000; i++) {
      tokens.succeeded();
    }
    assertThat(tokens.failed()).isTrue();
  }

  private DynamoDbOptions dynamoDbOptions() {
    return new DynamoDbOptions(
        Optional.of(dynamoDb.endpoint()),
        Optional.of("us-east-1"),
        options.tablePrefix(),
        LONG,
        LONG,
        4);
  }

  private Interaction append(String interactionId, String eventId, String itemId) {
    NewItem item =
        new NewItem(itemId, "REPLY", NOW.plusSeconds(60), 4, Bytes.wrap(new byte[] {1, 2}));
    NewEvent event =
        new NewEvent(eventId, "X", NOW, "", Optional.empty(), List.of(item), Bytes.EMPTY);
    return join(
        store.context().append(new InteractionWrite(interactionId, "d", "u", List.of(event))));
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static Kind kind(CompletionStage<?> stage) {
    return failure(stage).kind();
  }

  private static StoreException failure(CompletionStage<?> stage) {
    CompletionException failure =
        catchThrowableOfType(CompletionException.class, () -> join(stage));
    assertThat(failure).as("failure").isNotNull();
    assertThat(failure.getCause()).isInstanceOf(StoreException.class);
    return (StoreException) failure.getCause();
  }
}
