package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.EnableSkillsRequest;
import dev.earshot.v1.Event;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.ListEntry;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlisterGrpc;
import dev.earshot.v1.UpdateListRequest;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/**
 * Whatever a user says and whoever they are stays out of the logs, at every level of all loggers.
 */
class LogPrivacyTest {
  @RegisterExtension static final ServedApi api = new ServedApi();

  private static final String SECRET = "xylophonic";

  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Logger ours = (Logger) LoggerFactory.getLogger("dev.earshot");
  private final Appender<ILoggingEvent> console = root.getAppender("STDERR");
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
  private final Level before = root.getLevel();

  @BeforeEach
  void listen() {
    root.setLevel(Level.TRACE);
    root.detachAppender(console);
    appender.start();
    root.addAppender(appender);
  }

  @AfterEach
  void stop() {
    root.detachAppender(appender);
    root.addAppender(console);
    root.setLevel(before);
  }

  @Test
  void noUserTextReachesALog() {
    ShortlisterGrpc.ShortlisterBlockingStub shortlister =
        ShortlisterGrpc.newBlockingStub(api.channel());
    ProfilesGrpc.ProfilesBlockingStub profiles = ProfilesGrpc.newBlockingStub(api.channel());
    InteractionsGrpc.InteractionsBlockingStub interactions =
        InteractionsGrpc.newBlockingStub(api.channel());
    interactions.recordEvents(recording(SECRET));
    List<Throwable> failures =
        List.of(
            catchThrowable(() ->
                shortlister.shortlist(
                    ShortlistRequest.newBuilder()
                        .setUtterance(SECRET.repeat(200))
                        .setUserId(SECRET + "\n")
                        .setMaxSkills(-1)
                        .build())),
            catchThrowable(() ->
                shortlister.shortlist(
                    ShortlistRequest.newBuilder()
                        .setUtterance(SECRET)
                        .addHypotheses(Hypothesis.newBuilder().setText(SECRET))
                        .build())),
            catchThrowable(() ->
                profiles.enableSkills(
                    EnableSkillsRequest.newBuilder()
                        .setUserId(SECRET)
                        .addSkillIds(SECRET)
                        .build())),
            catchThrowable(() -> interactions.recordEvents(recording(SECRET.repeat(200)))),
            catchThrowable(() ->
                interactions.recordEvents(
                    recording(SECRET).toBuilder().setUserId("another").build())),
            catchThrowable(() -> interactions.recordEvents(recording("other " + SECRET))));
    shortlister
        .withDeadlineAfter(10, TimeUnit.SECONDS)
        .shortlist(
            ShortlistRequest.newBuilder().setUtterance("say " + SECRET).setUserId(SECRET).build());
    profiles.updateList(
        UpdateListRequest.newBuilder()
            .setUserId(SECRET)
            .setType("contacts")
            .addAddEntries(ListEntry.newBuilder().setText(SECRET))
            .setAllowMissing(true)
            .build());
    ours.trace("the appender listens");

    assertThat(failures)
        .allSatisfy(failure -> assertThat(failure.getMessage()).doesNotContain(SECRET));
    root.detachAppender(appender);
    List<ILoggingEvent> logged = List.copyOf(appender.list);
    assertThat(logged).anyMatch(event -> event.getLevel() == Level.TRACE);
    assertThat(logged)
        .allSatisfy(event ->
            assertThat(
                    event.getFormattedMessage()
                        + ThrowableProxyUtil.asString(event.getThrowableProxy()))
                .doesNotContain(SECRET)
                // As frames are printed.
                .doesNotContain(HexFormat.of().formatHex(SECRET.getBytes(StandardCharsets.UTF_8))));
  }

  private static RecordEventsRequest recording(String text) {
    return RecordEventsRequest.newBuilder()
        .setInteractionId(SECRET)
        .setUserId(SECRET)
        .addEvents(
            Event.newBuilder()
                .setEventId(SECRET)
                .setType("RECOGNIZE")
                .addItems(ContextItem.newBuilder().setKind("UTTERANCE").setText(text)))
        .build();
  }
}
