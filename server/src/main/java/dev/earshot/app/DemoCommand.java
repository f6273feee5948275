package dev.earshot.app;

import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.v1.Bias;
import dev.earshot.v1.BiasStreamRequest;
import dev.earshot.v1.BiasStreamResponse;
import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.DeleteInteractionRequest;
import dev.earshot.v1.DeleteUserRequest;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.Hypothesis;
import dev.earshot.v1.Interaction;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.ListEntry;
import dev.earshot.v1.Profile;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.RescoreMode;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.StreamHypotheses;
import dev.earshot.v1.UpdateListRequest;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code earshot demo}: one turn, from the reply to what was heard. */
@Command(
    name = "demo",
    description = {
      "Plays one turn: a reply is being spoken, meanwhile the bias is made, and what the recogniser"
          + " then hears is weighed in its light; once more with too little time; and then an answer"
          + " that has nothing to do with it, which stays as it is.",
      "",
      "Starts a server of its own, with a store in memory, unless --server names one. What it writes"
          + " there, under a user of its own, it removes.",
      ""
    },
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  earshot demo",
      "  earshot demo --contacts \"Anna Kowalski,Tom Ford\" --reply \"Whom shall I call?\" \\",
      "    --heard \"anna coal ski=-1.5\" --heard \"and a cold sky=-1.9\""
    },
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      ApiCommand.EXIT_OK,
      ApiCommand.EXIT_FAILED,
      ApiCommand.EXIT_USAGE,
      ApiCommand.EXIT_UNREACHABLE
    })
final class DemoCommand implements Callable<Integer> {
  private static final Duration TOO_SHORT = Duration.ofMillis(1);
  private static final Duration PATIENT = Duration.ofSeconds(10);
  private static final int SHOWN = 8;
  private static final String INDENT = "     ";

  @Spec private CommandSpec spec;
  @Mixin private ServerFlags server;

  @Option(
      names = "--contacts",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "Meg Bauer,Meg Jones,Tom Ford,Ann Lee,Oskar Lindqvist",
      description = "The user's contacts, separated by commas.")
  private List<String> contacts;

  @Option(
      names = "--utterance",
      paramLabel = "TEXT",
      defaultValue = "call Meg",
      description = "What the user said before the reply.")
  private String utterance;

  @Option(
      names = "--reply",
      paramLabel = "TEXT",
      defaultValue = "Do you mean Meg Jones or Meg Bauer?",
      description = "What is answered, and re-opens the microphone.")
  private String reply;

  @Option(
      names = "--heard",
      paramLabel = "TEXT[=SCORE]",
      showDefaultValue = Visibility.NEVER,
      description =
          "What the recogniser makes of the user's answer; once for each hypothesis. Default: power,"
              + " bower, our.")
  private List<String> heard = List.of("power=-1.2", "bower=-2.3", "our=-3.1");

  @Option(
      names = "--unrelated",
      paramLabel = "TEXT",
      defaultValue = "set a timer for ten minutes",
      description = "What is recognised of an answer that has nothing to do with the reply.")
  private String unrelated;

  @Option(
      names = "--takes",
      paramLabel = "TIME",
      defaultValue = "1.5s",
      converter = DurationConverter.class,
      description = "How long the reply is spoken.")
  private Duration takes;

  @Override
  public Integer call() throws StartupException, InterruptedException {
    List<Hypothesis> hypotheses =
        heard.stream().map(text -> HeardText.parse(spec.commandLine(), "--heard", text)).toList();
    if (server.named() != null) {
      return play(server.address(), hypotheses);
    }
    try (EarshotServer embedded =
        EarshotServer.start(ServerOptions.embedded(ServeCommand.defaultBundle()))) {
      return play("127.0.0.1:" + embedded.port(), hypotheses);
    }
  }

  private int play(String address, List<Hypothesis> hypotheses) throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (EarshotClient client = server.open(address)) {
      client.awaitReady(PATIENT);
      new Play(client, out, hypotheses).run();
      return ExitCode.OK;
    } catch (EarshotException e) {
      return ApiCommand.explain(e, address, spec.commandLine().getErr());
    } catch (StatusRuntimeException e) {
      return ApiCommand.explain(EarshotException.from(e), address, spec.commandLine().getErr());
    } finally {
      out.flush();
    }
  }

  /** The turn, on one server. */
  private final class Play {
    private final EarshotClient client;
    private final PrintWriter out;
    private final List<Hypothesis> hypotheses;
    private final BiasPrinter printer;
    private final String user = "demo-" + UUID.randomUUID();
    private final String turn = user + "-turn";
    private int step;

    Play(EarshotClient client, PrintWriter out, List<Hypothesis> hypotheses) {
      this.client = client;
      this.out = out;
      this.hypotheses = hypotheses;
      this.printer = new BiasPrinter(out, TextBar.forTerminal(), INDENT);
    }

    void run() throws InterruptedException {
      try {
        writeContacts();
        speak();
        window();
        rescore("What was heard, in the light of the turn", hypotheses);
        rescoreInAHurry();
        rescore(
            "An answer that has nothing to do with the reply",
            List.of(Hypothesis.newBuilder().setText(unrelated).setScore(-1).build()));
      } finally {
        tidyUp();
      }
    }

    private void writeContacts() {
      UpdateListRequest.Builder request =
          UpdateListRequest.newBuilder().setUserId(user).setType("contacts").setAllowMissing(true);
      contacts.forEach(name -> request.addAddEntries(ListEntry.newBuilder().setText(name)));
      Profile profile =
          ApiCommand.unhurried(ProfilesGrpc.newBlockingStub(client.channel()))
              .updateList(request.build());
      head("The user has contacts");
      show(profile, () -> line(String.join(", ", contacts)));
    }

    private void speak() {
      RecordEventsRequest.Builder request =
          RecordEventsRequest.newBuilder().setInteractionId(turn).setUserId(user);
      request
          .addEventsBuilder()
          .setEventId("1")
          .setType("RECOGNIZE")
          .addItems(item("UTTERANCE", utterance));
      request
          .addEventsBuilder()
          .setEventId("2")
          .setType("SPEAK")
          .setExpectedDuration(Durations.fromNanos(takes.toNanos()))
          .addItems(item("REPLY", reply));
      request.addEventsBuilder().setEventId("3").setType("EXPECT_SPEECH");
      Interaction written =
          ApiCommand.unhurried(InteractionsGrpc.newBlockingStub(client.channel()))
              .recordEvents(request.build());
      head("The dialogue manager records the events; the reply takes " + takes.toMillis() + " ms");
      show(
          written,
          () -> {
            line("RECOGNIZE      \"" + utterance + "\"");
            line("SPEAK          \"" + reply + "\"");
            line("EXPECT_SPEECH");
          });
    }

    private ContextItem.Builder item(String kind, String text) {
      return ContextItem.newBuilder().setKind(kind).setText(text);
    }

    /** Asks while the reply is still being spoken: what is not there yet is waited for. */
    private void window() {
      long begun = System.nanoTime();
      Bias bias =
          BiaserGrpc.newBlockingStub(client.channel())
              .withDeadlineAfter(takes.toNanos() + PATIENT.toNanos(), TimeUnit.NANOSECONDS)
              .getBias(GetBiasRequest.newBuilder().setInteractionId(turn).setUserId(user).build());
      Duration ready = Duration.ofNanos(System.nanoTime() - begun);
      Duration left = takes.minus(ready);
      head(
          left.isNegative()
              ? "The bias was ready " + -left.toMillis() + " ms after the reply ended"
              : "The bias was ready "
                  + left.toMillis()
                  + " ms before the reply ends and the microphone opens");
      show(bias, () -> printer.print(bias, SHOWN, ready));
    }

    private void rescore(String title, List<Hypothesis> recognised) {
      RescoreRequest request =
          RescoreRequest.newBuilder()
              .setInteractionId(turn)
              .setUserId(user)
              .addAllHypotheses(recognised)
              .setMode(RescoreMode.RESCORE_MODE_REPAIR)
              .build();
      long begun = System.nanoTime();
      RescoreResponse response =
          ApiCommand.unhurried(BiaserGrpc.newBlockingStub(client.channel())).rescore(request);
      Duration seen = Duration.ofNanos(System.nanoTime() - begun);
      head(title);
      show(
          response,
          () -> {
            heard(recognised);
            printer.print(response, seen);
          });
    }

    /** On a stream, where a message has a budget of its own and the answer may be a little late. */
    private void rescoreInAHurry() throws InterruptedException {
      BlockingQueue<BiasStreamResponse> responses = new LinkedBlockingQueue<>();
      StreamObserver<BiasStreamRequest> stream =
          BiaserGrpc.newStub(client.channel()).biasStream(into(responses));
      stream.onNext(
          BiasStreamRequest.newBuilder()
              .setRequestId("open")
              .setTimeout(Durations.fromNanos(PATIENT.toNanos()))
              .setOpen(GetBiasRequest.newBuilder().setInteractionId(turn).setUserId(user))
              .build());
      BiasStreamResponse opened = responses.poll(PATIENT.toSeconds(), TimeUnit.SECONDS);
      long begun = System.nanoTime();
      stream.onNext(
          BiasStreamRequest.newBuilder()
              .setRequestId("heard")
              .setTimeout(Durations.fromNanos(TOO_SHORT.toNanos()))
              .setHypotheses(
                  StreamHypotheses.newBuilder()
                      .addAllHypotheses(hypotheses)
                      .setMode(RescoreMode.RESCORE_MODE_REPAIR))
              .build());
      BiasStreamResponse answer = responses.poll(PATIENT.toSeconds(), TimeUnit.SECONDS);
      Duration seen = Duration.ofNanos(System.nanoTime() - begun);
      stream.onCompleted();
      head("The same with " + TOO_SHORT.toMillis() + " ms of time: the recogniser's own order");
      if (opened == null || answer == null) {
        line("the stream ended without an answer");
        return;
      }
      show(
          answer,
          () -> {
            if (answer.hasError()) {
              line(answer.getError().getMessage());
            } else {
              printer.print(answer.getRescored(), seen);
            }
          });
    }

    private StreamObserver<BiasStreamResponse> into(BlockingQueue<BiasStreamResponse> responses) {
      return new StreamObserver<>() {
        @Override
        public void onNext(BiasStreamResponse response) {
          responses.add(response);
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
      };
    }

    private void tidyUp() {
      var unused =
          ApiCommand.unhurried(InteractionsGrpc.newBlockingStub(client.channel()))
              .deleteInteraction(
                  DeleteInteractionRequest.newBuilder()
                      .setInteractionId(turn)
                      .setUserId(user)
                      .build());
      var unusedToo =
          ApiCommand.unhurried(ProfilesGrpc.newBlockingStub(client.channel()))
              .deleteUser(DeleteUserRequest.newBuilder().setUserId(user).build());
    }

    private void heard(List<Hypothesis> recognised) {
      StringBuilder texts = new StringBuilder("heard: ");
      for (Hypothesis hypothesis : recognised) {
        texts.append(texts.length() > 7 ? ", " : "").append(hypothesis.getText());
      }
      line(texts.toString());
    }

    private void head(String title) {
      if (!server.json()) {
        out.printf("%s%d.  %s%n", step == 0 ? "" : "\n", ++step, title);
      }
    }

    private void line(String text) {
      out.println(INDENT + text);
    }

    /** The message itself, or what people want to know of it. */
    private void show(@Nullable Message message, Runnable inWords) {
      if (server.json() && message != null) {
        out.println(ApiCommand.jsonLine(message));
      } else {
        inWords.run();
      }
      out.flush();
    }
  }
}
