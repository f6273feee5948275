package dev.earshot.perf.load;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.earshot.v1.Degradation;
import dev.earshot.v1.ShortlistStreamResponse;
import dev.earshot.v1.ShortlisterGrpc;
import dev.earshot.v1.Timings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Shortlist requests of known and unknown users. */
public final class ShortlistTraffic {
  /** Every so many answers the server's timings are read. */
  private static final int TIMINGS_EVERY = 16;

  // Field numbers of earshot.v1.
  private static final int UTTERANCE = 2;
  private static final int USER_ID = 5;
  private static final int DEGRADATION = 5;
  private static final int TIMINGS = 8;
  private static final int ENVELOPE_REQUEST_ID = 1;
  private static final int ENVELOPE_TIMEOUT = 2;
  private static final int ENVELOPE_SHORTLIST = 3;
  private static final int ENVELOPE_RESPONSE = 2;

  private ShortlistTraffic() {}

  /**
   * Who asks.
   *
   * @param userIds known to the server
   * @param skew of Zipf's law by which they ask; 0: all alike
   * @param unknownShare of requests that come from users whom nobody knows, each a new one
   */
  public record Population(List<String> userIds, double skew, double unknownShare) {
    public Population {
      userIds = List.copyOf(userIds);
      if (!(unknownShare >= 0 && unknownShare <= 1)) {
        throw new IllegalArgumentException(
            "unknown share: " + unknownShare + " (expected: 0 to 1)");
      }
    }
  }

  /** One call for each request. */
  public static Traffic unary(List<String> utterances, Population population) {
    return Traffic.unary(
        ShortlisterGrpc.getShortlistMethod().getFullMethodName(),
        requests(utterances, population),
        reader());
  }

  /**
   * Messages on streams.
   *
   * @param timeout that each message carries
   */
  public static Traffic stream(List<String> utterances, Population population, Duration timeout) {
    return Traffic.stream(
        ShortlisterGrpc.getShortlistStreamMethod().getFullMethodName(),
        requests(utterances, population),
        reader(),
        new StreamEnvelope(timeout));
  }

  private static Traffic.Requests requests(List<String> utterances, Population population) {
    List<byte[]> texts = utterances.stream().map(text -> Wire.field(UTTERANCE, text)).toList();
    List<byte[]> users = population.userIds.stream().map(id -> Wire.field(USER_ID, id)).toList();
    Zipf ranks = new Zipf(Math.max(1, users.size()), population.skew);
    return random -> {
      byte[] text = texts.get(random.nextInt(texts.size()));
      if (population.unknownShare > 0 && random.nextDouble() < population.unknownShare) {
        String nobody = "nobody-" + Long.toHexString(random.nextLong());
        return Wire.join(text, Wire.field(USER_ID, nobody));
      }
      return users.isEmpty() ? text : Wire.join(text, users.get(ranks.next(random)));
    };
  }

  private static Traffic.Reader reader() {
    AtomicLong answers = new AtomicLong();
    return response -> {
      try {
        List<String> missing = missing(Wire.find(response, DEGRADATION));
        if (answers.getAndIncrement() % TIMINGS_EVERY != 0) {
          return missing.isEmpty() ? Answer.FULL : new Answer(missing, null);
        }
        Timings timings = Timings.parseFrom(Wire.find(response, TIMINGS));
        return new Answer(
            missing,
            new Answer.Stages(
                timings.getQueueUs(),
                timings.getProfileUs(),
                timings.getEncodeUs(),
                timings.getAttendUs(),
                timings.getClassifyUs(),
                timings.getTotalUs()));
      } catch (IOException e) {
        throw new UncheckedIOException("not a ShortlistResponse", e);
      }
    };
  }

  private static List<String> missing(byte[] message) throws InvalidProtocolBufferException {
    if (message.length == 0) {
      return List.of();
    }
    return missing(Degradation.parseFrom(message));
  }

  /** What an answer says it lacks, such as {@code PROFILE/NOT_READY}; to be added to. */
  static List<String> missing(Degradation degradation) {
    List<String> missing = new ArrayList<>();
    for (Degradation.Missing part : degradation.getMissingList()) {
      if (part.getReason() != Degradation.Reason.REASON_NOT_REQUESTED) {
        missing.add(
            part.getContext().name().substring("CONTEXT_".length())
                + "/"
                + part.getReason().name().substring("REASON_".length()));
      }
    }
    for (Degradation.Stage stage : degradation.getSkippedStagesList()) {
      missing.add("skipped " + stage.name().substring("STAGE_".length()));
    }
    return missing;
  }

  private static final class StreamEnvelope implements Traffic.Envelope {
    private final byte[] timeout;

    StreamEnvelope(Duration timeout) {
      this.timeout =
          Wire.field(
              ENVELOPE_TIMEOUT,
              com.google.protobuf.Duration.newBuilder()
                  .setSeconds(timeout.getSeconds())
                  .setNanos(timeout.getNano())
                  .build()
                  .toByteArray());
    }

    @Override
    public byte[] wrap(long id, byte[] request) {
      byte[] requestId = Long.toString(id, Character.MAX_RADIX).getBytes(StandardCharsets.US_ASCII);
      return Wire.join(
          Wire.field(ENVELOPE_REQUEST_ID, requestId),
          timeout,
          Wire.field(ENVELOPE_SHORTLIST, request));
    }

    @Override
    public Traffic.Reply unwrap(byte[] message) {
      try {
        ShortlistStreamResponse response = ShortlistStreamResponse.parseFrom(message);
        long id = Long.parseLong(response.getRequestId(), Character.MAX_RADIX);
        return response.hasError()
            ? new Traffic.Reply(id, null, response.getError().getCode())
            : new Traffic.Reply(id, Wire.find(message, ENVELOPE_RESPONSE), 0);
      } catch (IOException e) {
        throw new UncheckedIOException("not a ShortlistStreamResponse", e);
      }
    }
  }
}
