package dev.earshot.store.dynamodb;

import dev.earshot.store.StoreException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.auth.credentials.SystemPropertyCredentialsProvider;
import software.amazon.awssdk.core.client.config.SdkAdvancedAsyncClientOption;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.SdkEventLoopGroup;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClientBuilder;

/**
 * The client, its threads, and the rules by which requests are tried again. Thread-safe.
 *
 * <p><b>Threads.</b> One event loop moves bytes and does nothing else; answers are decoded, and
 * what depends on them runs, on {@value #COMPLETION_THREADS} threads of the store's own. One timer
 * ends what takes too long and starts what is tried again. All are daemons.
 */
final class Connection implements AutoCloseable {
  private static final int COMPLETION_THREADS = 2;

  /** How long requests that are under way may still take when the store is closed. */
  private static final Duration CLOSE_GRACE = Duration.ofSeconds(2);

  private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long MAX_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final DynamoDbOptions options;
  private final RandomGenerator random;
  private final RetryTokens tokens = new RetryTokens();
  private final EventLoopGroup eventLoop;
  private final ExecutorService completions;
  private final ScheduledThreadPoolExecutor timer;
  private final SdkAsyncHttpClient http;
  private final DynamoDbAsyncClient client;
  private final Map<Operation, CompletableFuture<?>> underWay = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * Connects; nothing is sent yet.
   *
   * @param random thread-safe; spreads retries
   * @throws StoreException where region or credentials cannot be determined
   */
  Connection(DynamoDbOptions options, RandomGenerator random) {
    this.options = options;
    this.random = random;
    Region region = region(options);
    eventLoop = eventLoop();
    completions =
        Executors.newFixedThreadPool(
            COMPLETION_THREADS, new DefaultThreadFactory("earshot-dynamodb", true));
    timer =
        new ScheduledThreadPoolExecutor(
            1, new DefaultThreadFactory("earshot-dynamodb-timer", true));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    http =
        NettyNioAsyncHttpClient.builder()
            .eventLoopGroup(SdkEventLoopGroup.create(eventLoop, NioSocketChannel::new))
            .maxConcurrency(options.maxConnections())
            .maxPendingConnectionAcquires(10_000)
            // The attempt's own limit comes first, and says that it took too long; were these as
            // short, the one or the other would, and these say that nothing can be reached.
            .connectionTimeout(options.attemptTimeout().multipliedBy(2))
            .connectionAcquisitionTimeout(options.attemptTimeout().multipliedBy(2))
            // Also of a request that was cancelled: its connection is of use again, or gone.
            .readTimeout(options.attemptTimeout().multipliedBy(2))
            .tcpKeepAlive(true)
            .build();
    DynamoDbAsyncClientBuilder builder =
        DynamoDbAsyncClient.builder()
            .httpClient(http)
            .region(region)
            .credentialsProvider(credentials(options))
            .overrideConfiguration(override -> {
              // Tried again here, within the operation's time, and nowhere else.
              override.retryStrategy(DefaultRetryStrategy.doNotRetry());
              override.apiCallAttemptTimeout(options.attemptTimeout());
              override.scheduledExecutorService(timer);
            })
            .asyncConfiguration(async ->
                async.advancedOption(
                    SdkAdvancedAsyncClientOption.FUTURE_COMPLETION_EXECUTOR, completions));
    options.endpoint().ifPresent(builder::endpointOverride);
    client = builder.build();
  }

  /** An operation of the store: it is tried until {@link DynamoDbOptions#timeout}. */
  <T> CompletionStage<T> operation(Function<Operation, CompletionStage<T>> steps) {
    return start(new Operation(this, options.timeout().toNanos()), steps);
  }

  /** An operation without a bound on its work: each of its requests has the time of one. */
  <T> CompletionStage<T> longOperation(Function<Operation, CompletionStage<T>> steps) {
    return start(new Operation(this, Operation.UNBOUNDED), steps);
  }

  private <T> CompletionStage<T> start(
      Operation operation, Function<Operation, CompletionStage<T>> steps) {
    if (closed) {
      return CompletableFuture.failedStage(closedException());
    }
    CompletableFuture<T> result = new CompletableFuture<>();
    underWay.put(operation, result);
    // Also when the caller cancels it: nothing is tried any more.
    result.whenComplete((value, failure) -> {
      underWay.remove(operation);
      operation.end();
    });
    try {
      operation.onTimeout(
          timeout -> completions.execute(() -> result.completeExceptionally(timeout)));
      steps
          .apply(operation)
          .whenComplete((value, failure) -> {
            if (failure == null) {
              result.complete(value);
            } else {
              result.completeExceptionally(closed ? closedException() : Failures.typed(failure));
            }
          });
    } catch (RuntimeException e) {
      result.completeExceptionally(closed ? closedException() : Failures.typed(e));
    }
    if (closed) {
      result.completeExceptionally(closedException());
    }
    return result;
  }

  private static StoreException closedException() {
    return new StoreException(StoreException.Kind.CLOSED, "the store was closed");
  }

  DynamoDbAsyncClient client() {
    return client;
  }

  DynamoDbOptions options() {
    return options;
  }

  RetryTokens tokens() {
    return tokens;
  }

  /** Full jitter: as long as none of many that failed together come again together. */
  long backoffNanos(int attempt) {
    long ceiling = Math.min(MAX_BACKOFF_NANOS, FIRST_BACKOFF_NANOS << Math.min(attempt - 1, 16));
    return random.nextLong(ceiling + 1);
  }

  /** Runs a task on the timer's thread. It must be short. */
  CompletableFuture<?> after(long nanos, Runnable task) {
    CompletableFuture<Void> handle = new CompletableFuture<>();
    try {
      var scheduled = timer.schedule(task, nanos, TimeUnit.NANOSECONDS);
      handle.whenComplete((done, failure) -> scheduled.cancel(false));
    } catch (RejectedExecutionException e) {
      handle.completeExceptionally(e);
    }
    return handle;
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    underWay.values().forEach(result -> result.completeExceptionally(closedException()));
    client.close();
    http.close();
    eventLoop.shutdownGracefully(0, CLOSE_GRACE.toMillis(), TimeUnit.MILLISECONDS);
    timer.shutdown();
    completions.shutdown();
  }

  // The SDK knows the event loops of Netty 4.1 alone, which 4.2 still has.
  @SuppressWarnings("deprecation")
  private static EventLoopGroup eventLoop() {
    return new NioEventLoopGroup(1, new DefaultThreadFactory("earshot-dynamodb-io", true));
  }

  private static Region region(DynamoDbOptions options) {
    if (options.region().isPresent()) {
      return Region.of(options.region().get());
    }
    if (options.isLocal()) {
      return Region.US_EAST_1;
    }
    try {
      return DefaultAwsRegionProviderChain.builder().build().getRegion();
    } catch (SdkClientException e) {
      throw new StoreException(
          StoreException.Kind.UNAVAILABLE,
          "no AWS region is known (expected: --region, AWS_REGION or a profile)",
          e);
    }
  }

  /** A server on this machine takes any credentials; asking the cloud for them would only hang. */
  private static AwsCredentialsProvider credentials(DynamoDbOptions options) {
    if (!options.isLocal()) {
      return DefaultCredentialsProvider.builder().build();
    }
    return AwsCredentialsProviderChain.of(
        SystemPropertyCredentialsProvider.create(),
        EnvironmentVariableCredentialsProvider.create(),
        StaticCredentialsProvider.create(AwsBasicCredentials.create("earshot", "earshot")));
  }
}
