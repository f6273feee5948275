package dev.earshot.store.dynamodb;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where the tables are, and how long to try. Immutable.
 *
 * @param endpoint empty: AWS's own of the region
 * @param region empty: as the environment or the profile says; of a loopback endpoint {@code
 *     us-east-1}
 * @param tablePrefix what the tables' names begin with
 * @param attemptTimeout for one try of one request
 * @param timeout for one operation of the store with all its requests and tries. Operations whose
 *     work has no bound (a user's deletion, the catalogue, scans) may take so long for each request
 * @param maxConnections more requests wait for one of these
 */
public record DynamoDbOptions(
    Optional<URI> endpoint,
    Optional<String> region,
    String tablePrefix,
    Duration attemptTimeout,
    Duration timeout,
    int maxConnections) {
  /** What the tables' names begin with, unless it is said. */
  public static final String DEFAULT_PREFIX = "earshot";

  // DynamoDB takes names of 3 to 255 characters; the longest of ours adds 18.
  private static final Pattern PREFIX = Pattern.compile("[A-Za-z0-9_.-]{1,200}");

  /** AWS's own tables, in the environment's region. */
  public static final DynamoDbOptions DEFAULT =
      new DynamoDbOptions(Optional.empty(), Optional.empty(), DEFAULT_PREFIX);

  public DynamoDbOptions {
    endpoint.ifPresent(DynamoDbOptions::requireHttp);
    if (!PREFIX.matcher(tablePrefix).matches()) {
      throw new IllegalArgumentException(
          "dynamodb-prefix: "
              + tablePrefix
              + " (expected: 1 to 200 letters, digits, '_', '-' or '.')");
    }
    if (attemptTimeout.isNegative() || attemptTimeout.isZero()) {
      throw new IllegalArgumentException(
          "attemptTimeout: " + attemptTimeout + " (expected: positive)");
    }
    if (timeout.compareTo(attemptTimeout) < 0) {
      throw new IllegalArgumentException(
          "timeout: " + timeout + " (expected: >= attemptTimeout, " + attemptTimeout + ")");
    }
    if (maxConnections < 1) {
      throw new IllegalArgumentException("maxConnections: " + maxConnections + " (expected: >= 1)");
    }
  }

  /** With the bounds that a server runs with: 1 s for a try, 3 s for an operation. */
  public DynamoDbOptions(Optional<URI> endpoint, Optional<String> region, String tablePrefix) {
    this(endpoint, region, tablePrefix, Duration.ofSeconds(1), Duration.ofSeconds(3), 64);
  }

  /** The same with time for what nobody waits for in a conversation: 20 s for a try. */
  public DynamoDbOptions unhurried() {
    return new DynamoDbOptions(
        endpoint,
        region,
        tablePrefix,
        Duration.ofSeconds(20),
        Duration.ofSeconds(60),
        maxConnections);
  }

  /** Whether the server runs on this machine. */
  boolean isLocal() {
    return endpoint.isPresent() && isLoopback(String.valueOf(endpoint.get().getHost()));
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static void requireHttp(URI endpoint) {
    String scheme = String.valueOf(endpoint.getScheme()).toLowerCase(Locale.ROOT);
    if (endpoint.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException(
          "dynamodb-endpoint: " + endpoint + " (expected: http://HOST:PORT or https://HOST)");
    }
  }
}
