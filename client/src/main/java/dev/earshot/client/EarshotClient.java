package dev.earshot.client;

import dev.earshot.v1.BiaserGrpc;
import dev.earshot.v1.CatalogGrpc;
import dev.earshot.v1.DescribeBundleRequest;
import dev.earshot.v1.DescribeBundleResponse;
import dev.earshot.v1.GetBiasRequest;
import dev.earshot.v1.RescoreRequest;
import dev.earshot.v1.RescoreResponse;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlistResponse;
import dev.earshot.v1.ShortlistedSkill;
import dev.earshot.v1.ShortlisterGrpc;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A client of one Earshot server. Make one per server and keep it: it holds the connections.
 *
 * <pre>{@code
 * try (EarshotClient earshot = EarshotClient.builder("localhost:50051").build()) {
 *   earshot.awaitReady(Duration.ofSeconds(5));
 *   Shortlist shortlist = earshot.shortlist(ShortlistQuery.of("will it rain tomorrow"));
 * }
 * }</pre>
 *
 * <p>Calls throw {@link EarshotException}, and futures complete with it. A call that ends with
 * {@link EarshotException.Unavailable} has been tried twice within its deadline, unless retries are
 * being throttled; nothing else is retried. Futures complete on the client's executor: what depends
 * on them should not block there.
 *
 * <p>Thread-safe.
 */
public final class EarshotClient implements AutoCloseable {
  private static final UnaryMethod<ShortlistRequest, ShortlistResponse, Shortlist> SHORTLIST =
      new UnaryMethod<>(ShortlisterGrpc.getShortlistMethod(), Shortlist::of);
  private static final UnaryMethod<GetBiasRequest, dev.earshot.v1.Bias, Bias> BIAS =
      new UnaryMethod<>(BiaserGrpc.getGetBiasMethod(), Bias::of);
  private static final UnaryMethod<RescoreRequest, RescoreResponse, Rescored> RESCORE =
      new UnaryMethod<>(BiaserGrpc.getRescoreMethod(), Rescored::of);
  private static final UnaryMethod<
          DescribeBundleRequest, DescribeBundleResponse, DescribeBundleResponse>
      DESCRIBE_BUNDLE =
          new UnaryMethod<>(CatalogGrpc.getDescribeBundleMethod(), Function.identity());
  private static final UnaryMethod<HealthCheckRequest, HealthCheckResponse, ServingStatus> HEALTH =
      new UnaryMethod<>(HealthGrpc.getCheckMethod(), EarshotClient::status);

  /** Enough to load the classes; compiling them takes real calls. */
  private static final int REHEARSALS = 10;

  private final ConnectionGroup connections;
  private final Channel channel;
  private final ClientOptions options;
  private final ScheduledExecutorService timer;
  private final Set<ShortlistStream> streams = ConcurrentHashMap.newKeySet();
  private final Set<BiasStream> biasStreams = ConcurrentHashMap.newKeySet();

  EarshotClient(
      ConnectionGroup connections,
      Channel channel,
      ClientOptions options,
      ScheduledExecutorService timer) {
    this.connections = connections;
    this.channel = channel;
    this.options = options;
    this.timer = timer;
  }

  /**
   * Begins a client.
   *
   * @param target {@code host:port}, or a gRPC target such as {@code dns:///host:port}
   * @throws IllegalArgumentException if the target is neither
   */
  public static Builder builder(String target) {
    return new Builder(Target.parse(target));
  }

  /**
   * Opens the connections and waits until the server serves on each, so that the first real call
   * pays for none of it. From then on lost connections are made again by themselves.
   *
   * @throws EarshotException.Unavailable if it does not serve within the time
   */
  public void awaitReady(Duration atMost) {
    requirePositive("atMost", atMost);
    connections.connect();
    new Readiness(connections, channel -> health(channel, "", options.callDeadline()))
        .await(options.target().toString(), atMost);
    rehearse();
  }

  private static void rehearse() {
    ShortlistRequest request =
        ShortlistQuery.of(List.of(Hypothesis.of("text", 0))).user("user").toMessage();
    ShortlistResponse response =
        ShortlistResponse.newBuilder()
            .setRequestId("id")
            .addSkills(ShortlistedSkill.newBuilder().setSkillId("id").setProbability(1))
            .setDegradation(
                dev.earshot.v1.Degradation.newBuilder()
                    .addMissing(
                        dev.earshot.v1.Degradation.Missing.newBuilder()
                            .setReason(dev.earshot.v1.Degradation.Reason.REASON_NOT_FOUND)))
            .setTimings(dev.earshot.v1.Timings.newBuilder().setTotalUs(1))
            .build();
    GetBiasRequest biasRequest = BiasQuery.interaction("id").user("user").toMessage();
    dev.earshot.v1.Bias bias =
        dev.earshot.v1.Bias.newBuilder()
            .addPhrases(dev.earshot.v1.BiasPhrase.newBuilder().setText("text").setBoost(1))
            .setEmbedding(dev.earshot.v1.Embedding.newBuilder().addShape(1).addValues(1))
            .build();
    RescoreRequest rescoreRequest =
        RescoreQuery.of(NBest.of(List.of(Hypothesis.of("text", 0)))).toMessage();
    RescoreResponse rescored =
        RescoreResponse.newBuilder()
            .addHypotheses(
                dev.earshot.v1.RescoredHypothesis.newBuilder()
                    .setText("text")
                    .addRepairs(dev.earshot.v1.Repair.newBuilder().setEnd(1)))
            .build();
    try {
      for (int i = 0; i < REHEARSALS; i++) {
        var unused = SHORTLIST.rehearse(request, response);
        var unusedToo = BIAS.rehearse(biasRequest, bias);
        var unusedAsWell = RESCORE.rehearse(rescoreRequest, rescored);
      }
    } catch (IOException e) {
      // Nothing but memory is read and written.
      throw new UncheckedIOException(e);
    }
  }

  /** The best skills for one utterance, within the client's shortlist deadline. */
  public Shortlist shortlist(ShortlistQuery query) {
    return shortlist(query, options.shortlistDeadline());
  }

  /**
   * The best skills for one utterance.
   *
   * @param deadline the whole budget, network included: without the user's context in time the
   *     answer is made without it and marked
   */
  public Shortlist shortlist(ShortlistQuery query, Duration deadline) {
    return SHORTLIST.call(channel, requirePositive("deadline", deadline), query.toMessage());
  }

  /** As {@link #shortlist(ShortlistQuery)}. Cancelling the future cancels the call. */
  public CompletableFuture<Shortlist> shortlistAsync(ShortlistQuery query) {
    return shortlistAsync(query, options.shortlistDeadline());
  }

  /** As {@link #shortlist(ShortlistQuery, Duration)}. Cancelling the future cancels the call. */
  public CompletableFuture<Shortlist> shortlistAsync(ShortlistQuery query, Duration deadline) {
    return SHORTLIST.callAsync(channel, requirePositive("deadline", deadline), query.toMessage());
  }

  /** Opens a stream for many utterances a second. It takes one of the connections. */
  public ShortlistStream openShortlistStream() {
    ShortlistStream stream =
        new ShortlistStream(options.shortlistDeadline(), options.streamInflight(), timer);
    streams.add(stream);
    stream.onEnd(() -> streams.remove(stream));
    stream.open(channel);
    return stream;
  }

  /** What a user is likely to say next, within the client's bias deadline. */
  public Bias bias(BiasQuery query) {
    return bias(query, options.biasDeadline());
  }

  /**
   * What a user is likely to say next.
   *
   * @param deadline the whole budget, network included: what is not ready in time is missing, and
   *     marked
   */
  public Bias bias(BiasQuery query, Duration deadline) {
    return BIAS.call(channel, requirePositive("deadline", deadline), query.toMessage());
  }

  /** As {@link #bias(BiasQuery)}. Cancelling the future cancels the call. */
  public CompletableFuture<Bias> biasAsync(BiasQuery query) {
    return biasAsync(query, options.biasDeadline());
  }

  /** As {@link #bias(BiasQuery, Duration)}. Cancelling the future cancels the call. */
  public CompletableFuture<Bias> biasAsync(BiasQuery query, Duration deadline) {
    return BIAS.callAsync(channel, requirePositive("deadline", deadline), query.toMessage());
  }

  /** What a recogniser proposes, reordered or repaired, within the client's bias deadline. */
  public Rescored rescore(RescoreQuery query) {
    return rescore(query, options.biasDeadline());
  }

  /**
   * What a recogniser proposes, reordered or repaired.
   *
   * @param deadline the whole budget, network included: without phrases and context in time the
   *     hypotheses come back unchanged and marked
   */
  public Rescored rescore(RescoreQuery query, Duration deadline) {
    return RESCORE.call(channel, requirePositive("deadline", deadline), query.toMessage());
  }

  /** As {@link #rescore(RescoreQuery)}. Cancelling the future cancels the call. */
  public CompletableFuture<Rescored> rescoreAsync(RescoreQuery query) {
    return rescoreAsync(query, options.biasDeadline());
  }

  /** As {@link #rescore(RescoreQuery, Duration)}. Cancelling the future cancels the call. */
  public CompletableFuture<Rescored> rescoreAsync(RescoreQuery query, Duration deadline) {
    return RESCORE.callAsync(channel, requirePositive("deadline", deadline), query.toMessage());
  }

  /** Opens a stream for the turns of one microphone. It takes one of the connections. */
  public BiasStream openBiasStream() {
    BiasStream stream = new BiasStream(options.biasDeadline(), options.streamInflight(), timer);
    biasStreams.add(stream);
    stream.onEnd(() -> biasStreams.remove(stream));
    stream.open(channel);
    return stream;
  }

  /**
   * Biases a recogniser, turn by turn, without ever making it wait. One for each microphone.
   *
   * @param listener hears of each bias that the server pushes
   */
  public Biasing openBiasing(Consumer<Biasing.Current> listener) {
    return new Biasing(
        this::openBiasStream, options.biasDeadline(), InstantSource.system(), listener);
  }

  /** The users' profiles. */
  public Profiles profiles() {
    return new Profiles(channel, options.callDeadline());
  }

  /** The record of running conversations. */
  public Interactions interactions() {
    return new Interactions(channel, options.callDeadline());
  }

  /** What the server serves, on what, and within which limits: the API's own message. */
  public DescribeBundleResponse describeBundle() {
    return DESCRIBE_BUNDLE.call(
        channel, options.callDeadline(), DescribeBundleRequest.getDefaultInstance());
  }

  /** The server's health as a whole. */
  public ServingStatus health() {
    return health("");
  }

  /**
   * The health of one service.
   *
   * @param service its full name, such as {@code earshot.v1.Shortlister}; empty: the server
   */
  public ServingStatus health(String service) {
    return health(channel, service, options.callDeadline());
  }

  /** The channel itself, caller name included, for generated stubs. Closed with the client. */
  public Channel channel() {
    return channel;
  }

  /**
   * Ends the streams, lets open calls finish for as long as the builder says, and closes the
   * connections. Blocks meanwhile.
   */
  @Override
  public void close() {
    streams.forEach(ShortlistStream::close);
    biasStreams.forEach(BiasStream::close);
    connections.close(options.closeGrace());
    timer.shutdownNow();
  }

  private static ServingStatus health(Channel channel, String service, Duration deadline) {
    HealthCheckRequest request = HealthCheckRequest.newBuilder().setService(service).build();
    try {
      return HEALTH.call(channel, deadline, request);
    } catch (EarshotException.NotFound e) {
      return ServingStatus.SERVICE_UNKNOWN;
    }
  }

  private static ServingStatus status(HealthCheckResponse response) {
    return switch (response.getStatus()) {
      case SERVING -> ServingStatus.SERVING;
      case SERVICE_UNKNOWN -> ServingStatus.SERVICE_UNKNOWN;
      case NOT_SERVING, UNKNOWN, UNRECOGNIZED -> ServingStatus.NOT_SERVING;
    };
  }

  static Duration requirePositive(String name, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: above 0)");
    }
    return value;
  }

  /** What a client is made of. Not thread-safe. */
  public static final class Builder {
    private ClientOptions options;

    private Builder(Target target) {
      this.options = ClientOptions.of(target);
    }

    /**
     * How the connections are secured: {@code TlsChannelCredentials} for TLS and mTLS, a {@code
     * CompositeChannelCredentials} to add tokens. Default: TLS with the JVM's trusted roots, or
     * plaintext where the target is this machine's loopback.
     */
    public Builder credentials(ChannelCredentials credentials) {
      options = options.withCredentials(credentials);
      return this;
    }

    /** Sends everything readable, also to another machine. */
    public Builder plaintext() {
      options = options.withCredentials(io.grpc.InsecureChannelCredentials.create());
      return this;
    }

    /**
     * The calling system's name, which fairness and metrics go by. 1 to 128 printable ASCII
     * characters. Default: the server takes this machine's address.
     */
    public Builder caller(String name) {
      options = options.withCaller(name);
      return this;
    }

    /**
     * The deadline of shortlist calls, and of a stream's messages, where the call names none.
     * Default: 50 ms, which leaves room for the network and for a pause of this JVM beside the
     * server's 15.
     */
    public Builder shortlistDeadline(Duration deadline) {
      options = options.withShortlistDeadline(deadline);
      return this;
    }

    /**
     * The deadline of bias and rescore calls, and of a bias stream's messages, where the call names
     * none. Default: 50 ms, as for shortlists.
     */
    public Builder biasDeadline(Duration deadline) {
      options = options.withBiasDeadline(deadline);
      return this;
    }

    /** The deadline of all other calls. Default: 5 s. */
    public Builder callDeadline(Duration deadline) {
      options = options.withCallDeadline(deadline);
      return this;
    }

    /**
     * How long a connection may be silent before it is probed; one that does not answer within 5 s
     * is made anew. At least 10 s, below which a server ends the connection. Default: 30 s.
     */
    public Builder keepalive(Duration time) {
      options = options.withKeepalive(time);
      return this;
    }

    /**
     * How many connections to open; calls take them in turn. One carries some ten thousand calls a
     * second. 1 to 64. Default: 1.
     */
    public Builder connections(int count) {
      options = options.withConnections(count);
      return this;
    }

    /**
     * The most messages of a stream that may be unanswered; not above the server's {@code
     * --stream-inflight}. Default: 64.
     */
    public Builder streamInflight(int messages) {
      options = options.withStreamInflight(messages);
      return this;
    }

    /** Where futures complete. Default: a pool of threads that all of gRPC shares. */
    public Builder executor(Executor executor) {
      options = options.withExecutor(executor);
      return this;
    }

    /** How long {@link EarshotClient#close} waits for open calls. Default: 5 s. */
    public Builder closeGrace(Duration grace) {
      options = options.withCloseGrace(grace);
      return this;
    }

    /** Makes the client. It connects with {@link EarshotClient#awaitReady} or its first call. */
    public EarshotClient build() {
      return options.build();
    }
  }
}
