package dev.earshot.client;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a server is, in gRPC's words: {@code host:port}, {@code dns:///host:port}, {@code
 * unix:/path}.
 *
 * @param name as gRPC takes it
 * @param isLocal whether it can only be this machine, so that plaintext is seen by nobody else
 */
record Target(String name, boolean isLocal) {
  /** A host, an IPv4 address or an IPv6 one in brackets, and a port. */
  private static final Pattern HOST_PORT =
      Pattern.compile("(?<host>\\[[0-9A-Fa-f:.%]+]|[^\\s:/\\[\\]]+):(?<port>\\d{1,5})");

  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[(0*:)*:?0*1]");

  /**
   * Reads a target.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Target parse(String target) {
    if (target.startsWith("unix:")) {
      return new Target(target, true);
    }
    Matcher hostPort = HOST_PORT.matcher(target);
    if (hostPort.matches()) {
      int port = Integer.parseInt(hostPort.group("port"));
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("port: " + port + " (expected: 1 to 65535)");
      }
      // Without the scheme a name such as "earshot:50051" would be taken for one itself.
      return new Target("dns:///" + target, isLoopback(hostPort.group("host")));
    }
    if (!target.contains(":///") && !target.contains("://")) {
      throw new IllegalArgumentException(
          "target: '"
              + target
              + "' (expected: host:port, or a gRPC target such as dns:///host:port)");
    }
    URI uri;
    try {
      uri = URI.create(target);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "target: '" + target + "' (expected: host:port, or a gRPC target)", e);
    }
    String path = uri.getPath() == null ? "" : uri.getPath();
    Matcher inPath = HOST_PORT.matcher(path.startsWith("/") ? path.substring(1) : path);
    return new Target(target, inPath.matches() && isLoopback(inPath.group("host")));
  }

  private static boolean isLoopback(String host) {
    return LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches();
  }

  /** As people write it. */
  @Override
  public String toString() {
    return name.startsWith("dns:///") ? name.substring("dns:///".length()) : name;
  }
}
