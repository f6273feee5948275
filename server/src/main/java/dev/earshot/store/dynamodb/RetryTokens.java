package dev.earshot.store.dynamodb;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Keeps retries few when most requests fail, as gRFC A6 describes for gRPC: a failure costs a
 * token, a success returns a tenth of one, and there are retries only while more than half of the
 * tokens are left. Thread-safe.
 */
final class RetryTokens {
  private static final int FULL = 1_000;
  private static final int FAILURE = 10;
  private static final int SUCCESS = 1;

  private final AtomicInteger tenths = new AtomicInteger(FULL);

  void succeeded() {
    if (tenths.get() < FULL) {
      tenths.updateAndGet(left -> Math.min(FULL, left + SUCCESS));
    }
  }

  /** Notes a failure and says whether to try again. */
  boolean failed() {
    return tenths.updateAndGet(left -> Math.max(0, left - FAILURE)) > FULL / 2;
  }
}
