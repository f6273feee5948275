package dev.earshot.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Keeps out of the logs what libraries write below INFO about the bytes that pass through them: in
 * frames and requests are users' words. It holds whatever level a logger is set to, so that nobody
 * publishes conversations by looking for a network's fault; a configuration of one's own keeps it
 * by naming it as a {@code turboFilter}, as {@code logback.xml} does.
 */
public final class WireLogFilter extends TurboFilter {
  private static final List<String> CARRIERS =
      List.of("io.grpc.", "io.netty.", "software.amazon.awssdk.");

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] arguments,
      @Nullable Throwable failure) {
    if (level.isGreaterOrEqual(Level.INFO)) {
      return FilterReply.NEUTRAL;
    }
    String name = logger.getName();
    for (String carrier : CARRIERS) {
      if (name.startsWith(carrier)) {
        return FilterReply.DENY;
      }
    }
    return FilterReply.NEUTRAL;
  }
}
