package dev.earshot.perf.load;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the driver notes of an answer.
 *
 * @param missing what it says it was made without and why, such as {@code PROFILE/NOT_READY};
 *     empty: the full answer
 * @param stages where its time went, if this answer was looked into
 */
public record Answer(List<String> missing, @Nullable Stages stages) {
  /** Nothing missing, not looked into. */
  public static final Answer FULL = new Answer(List.of(), null);

  /** The server's own account, in µs. */
  public record Stages(
      long queue, long profile, long encode, long attend, long classify, long total) {}
}
