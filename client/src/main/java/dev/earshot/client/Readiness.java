package dev.earshot.client;

import io.grpc.Channel;
import io.grpc.Status;
import java.time.Duration;
import java.util.function.Function;

/** Waits until a server says that it serves, on every connection to it. */
final class Readiness {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(250);

  private final ConnectionGroup connections;
  private final Function<Channel, ServingStatus> check;

  Readiness(ConnectionGroup connections, Function<Channel, ServingStatus> check) {
    this.connections = connections;
    this.check = check;
  }

  void await(String target, Duration atMost) {
    long end = System.nanoTime() + atMost.toNanos();
    for (Channel connection : connections.each()) {
      await(connection, target, atMost, end);
    }
  }

  private void await(Channel connection, String target, Duration atMost, long end) {
    Duration pause = FIRST_PAUSE;
    while (true) {
      String last;
      try {
        ServingStatus status = check.apply(connection);
        if (status == ServingStatus.SERVING) {
          return;
        }
        last = status.name();
      } catch (EarshotException.Unavailable | EarshotException.DeadlineExceeded e) {
        last = e.getMessage();
      }
      if (System.nanoTime() + pause.toNanos() > end || !sleep(pause)) {
        throw EarshotException.local(
            Status.Code.UNAVAILABLE,
            "",
            target + ": does not serve within " + atMost.toMillis() + " ms (" + last + ")");
      }
      pause = pause.multipliedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      connections.tryNow();
    }
  }

  private static boolean sleep(Duration pause) {
    try {
      Thread.sleep(pause.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
