package dev.earshot.grpc;

import dev.earshot.bias.Biaser;
import dev.earshot.catalog.BundleReloader;
import dev.earshot.catalog.Catalog;
import dev.earshot.context.Interactions;
import dev.earshot.core.Outbox;
import dev.earshot.deadline.Ticker;
import dev.earshot.profile.Profiles;
import dev.earshot.profile.Users;
import dev.earshot.shortlist.Shortlister;
import dev.earshot.upkeep.StoreUpkeep;
import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The listening server: the services, health and reflection, on Netty's event loops. Handlers run
 * on the event loop and never block it.
 */
public final class GrpcEndpoint implements AutoCloseable {
  static final int MAX_INBOUND_BYTES = 1 << 20;
  private static final int MAX_METADATA_BYTES = 16 << 10;
  private static final Duration KEEPALIVE = Duration.ofMinutes(2);
  private static final Duration PERMITTED_KEEPALIVE = Duration.ofSeconds(10);

  private final Server server;
  private final HealthStatusManager health = new HealthStatusManager();
  private final List<String> serviceNames = new ArrayList<>();
  private final Duration drain;
  private final InteractionsService rehearsed;
  private final BiaserService rehearsedBiaser;
  private volatile boolean serving;

  /**
   * How to listen.
   *
   * @param slo the budget of calls without a deadline
   * @param enforceSlo whether it caps longer deadlines
   * @param streamInflight the most unanswered messages of a stream
   * @param drain how long open calls may take when closing
   */
  public record Options(
      InetSocketAddress address,
      Duration slo,
      boolean enforceSlo,
      int streamInflight,
      Duration drain) {}

  /**
   * What the services stand on.
   *
   * @param rehearsed what stands on a store that is nobody's
   * @param workers inference workers, for the description
   */
  public record Domain(
      Shortlister shortlister,
      Biaser biaser,
      Profiles profiles,
      Users users,
      Interactions interactions,
      Rehearsed rehearsed,
      Catalog catalog,
      StoreUpkeep upkeep,
      BundleReloader reloader,
      int workers,
      Ticker ticker,
      InstantSource clock,
      MeterRegistry registry) {}

  /** Parts on which the way of a write, and of the turn after it, is warmed. */
  public record Rehearsed(Interactions interactions, Biaser biaser) {}

  /** Does not listen yet. */
  public GrpcEndpoint(Options options, Domain domain, EventLoops eventLoops) {
    this.drain = options.drain;
    Budgets budgets = new Budgets(domain.ticker, options.slo, options.enforceSlo);
    LenientMarshalling marshalling = new LenientMarshalling();
    Patience patience = new Patience(eventLoops.timers(), Patience.DEFAULT);
    this.rehearsed = new InteractionsService(domain.rehearsed.interactions, patience, marshalling);
    BiasMeters biasMeters =
        new BiasMeters(
            domain.registry,
            options.slo,
            new SlowLog(domain.ticker, options.slo.dividedBy(2)),
            this::isServing);
    this.rehearsedBiaser =
        new BiaserService(
            domain.rehearsed.biaser, budgets, marshalling, biasMeters, options.streamInflight);
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(options.address, InsecureServerCredentials.create())
            .channelType(eventLoops.channelType())
            .bossEventLoopGroup(eventLoops.group())
            .workerEventLoopGroup(eventLoops.group())
            .directExecutor()
            .maxInboundMessageSize(MAX_INBOUND_BYTES)
            .maxInboundMetadataSize(MAX_METADATA_BYTES)
            .keepAliveTime(KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
            .permitKeepAliveTime(PERMITTED_KEEPALIVE.toSeconds(), TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addTransportFilter(new CallerNames())
            .intercept(budgets);
    List<BindableService> services =
        List.of(
            new ShortlisterService(
                domain.shortlister,
                budgets,
                marshalling,
                new AnswerMeters(
                    domain.registry,
                    options.slo,
                    new SlowLog(domain.ticker, options.slo.dividedBy(2)),
                    this::isServing),
                options.streamInflight),
            new BiaserService(
                domain.biaser, budgets, marshalling, biasMeters, options.streamInflight),
            new InteractionsService(domain.interactions, patience, marshalling),
            new ProfilesService(
                domain.profiles, domain.users, domain.catalog, domain.clock, patience, marshalling),
            new CatalogService(domain, options, marshalling),
            new StoresService(domain.upkeep, marshalling));
    CallMeters callMeters = new CallMeters(domain.registry);
    for (BindableService service : services) {
      ServerServiceDefinition definition = marshalling.wrap(service.bindService());
      // Answers with a budget are told apart by more than their code: AnswerMeters, BiasMeters.
      builder.addService(
          service instanceof ShortlisterService || service instanceof BiaserService
              ? definition
              : ServerInterceptors.intercept(definition, callMeters));
      serviceNames.add(definition.getServiceDescriptor().getName());
    }
    server =
        builder
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance())
            .build();
    setHealth(ServingStatus.NOT_SERVING);
  }

  /**
   * Listens, warms the way of a request by calls to itself, then says SERVING.
   *
   * @throws IOException if the address cannot be listened on
   */
  public void start() throws IOException {
    server.start();
    SelfCalls.warm(server.getListenSockets().get(0));
    SelfCalls.rehearse(rehearsed, id -> SelfCalls.rehearseTurn(rehearsedBiaser, id));
    serving = true;
    setHealth(ServingStatus.SERVING);
  }

  public int port() {
    return server.getPort();
  }

  public boolean isServing() {
    return serving;
  }

  private void setHealth(ServingStatus status) {
    health.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    serviceNames.forEach(name -> health.setStatus(name, status));
  }

  /** Says NOT_SERVING, refuses new calls, answers the open ones while the drain lasts. */
  @Override
  public void close() {
    serving = false;
    health.enterTerminalState();
    server.shutdown();
    try {
      if (!server.awaitTermination(drain.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  /** Netty's threads: native epoll where it loads, else NIO. Also the clock of short timers. */
  public static final class EventLoops implements AutoCloseable {
    private final EventLoopGroup group;
    private final Class<? extends ServerChannel> channelType;
    private final MayWait mayWait;
    private final List<CoalescedReads> reads;

    private EventLoops(
        EventLoopGroup group,
        Class<? extends ServerChannel> channelType,
        MayWait mayWait,
        List<CoalescedReads> reads) {
      this.group = group;
      this.channelType = channelType;
      this.mayWait = mayWait;
      this.reads = reads;
    }

    /**
     * Starts event loops.
     *
     * @param count each serves some ten thousand calls a second
     */
    public static EventLoops start(int count) {
      boolean epoll = Epoll.isAvailable();
      IoHandlerFactory plain = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
      MayWait mayWait = new MayWait();
      List<CoalescedReads> reads = new CopyOnWriteArrayList<>();
      IoHandlerFactory handler =
          executor -> {
            CoalescedReads ofLoop =
                new CoalescedReads(plain.newHandler(executor), mayWait, CoalescedReads.MOST_NANOS);
            reads.add(ofLoop);
            return ofLoop;
          };
      EventLoopGroup group =
          new MultiThreadIoEventLoopGroup(count, new PromptThreads("earshot-event-loop"), handler);
      for (EventExecutor loop : group) {
        loop.execute(() -> Outbox.isHome(loop));
      }
      return new EventLoops(
          group,
          epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class,
          mayWait,
          reads);
    }

    /**
     * From now on leaves what comes in unread for a moment, a millisecond at most, while nobody
     * could begin with it, or until {@link #readNow}.
     */
    public void readLaterWhile(BooleanSupplier nobodyCouldBegin) {
      mayWait.nobodyCouldBegin = nobodyCouldBegin;
    }

    /** Reads what was left unread. From any thread; does not block. */
    public void readNow() {
      for (int i = 0; i < reads.size(); i++) {
        reads.get(i).readNow();
      }
    }

    /** Runs short tasks that do not block. */
    public ScheduledExecutorService timers() {
      return group;
    }

    EventLoopGroup group() {
      return group;
    }

    Class<? extends ServerChannel> channelType() {
      return channelType;
    }

    @Override
    public void close() {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    /** Of which the loops are made before it is known what tells it. */
    private static final class MayWait implements BooleanSupplier {
      private volatile BooleanSupplier nobodyCouldBegin = () -> false;

      @Override
      public boolean getAsBoolean() {
        return nobodyCouldBegin.getAsBoolean();
      }
    }
  }
}
