package dev.earshot.app.eval;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What biasing did to recorded turns.
 *
 * @param set the turns, by name
 * @param groups of them
 */
public record BiasReport(
    String set,
    @JsonProperty("errors_removed_at_equal_harm") List<Rival> rivals,
    List<Group> groups) {

  /**
   * Turns that belong together.
   *
   * @param words of the references
   * @param errorsBefore word errors of the recogniser's best
   * @param errorsAfter word errors of what rescoring puts first
   * @param removed the share of the errors that is gone, and its interval by clusters
   * @param sought names or rare words that were said
   * @param missedBefore how many of them the recogniser's best lacks
   * @param harmed the share of turns whose errors rise, and its interval by clusters
   * @param mended the share of turns whose errors fall
   */
  public record Group(
      String name,
      int turns,
      int words,
      @JsonProperty("errors_before") int errorsBefore,
      @JsonProperty("errors_after") int errorsAfter,
      double removed,
      @JsonProperty("removed_95") EvalReport.Interval removed95,
      int sought,
      @JsonProperty("missed_before") int missedBefore,
      @JsonProperty("missed_after") int missedAfter,
      double harmed,
      @JsonProperty("harmed_95") EvalReport.Interval harmed95,
      double mended) {}

  /**
   * A plain way of repairing, which replaces the nearest span where it is near enough: as near as
   * harms no more unrelated turns than the learned scorer does.
   *
   * @param name what is compared: phones or letters
   * @param limit the greatest distance that is replaced, 0–1
   * @param removed the share of errors that is gone, by group
   */
  public record Rival(String name, double limit, double harmed, List<Removed> removed) {}

  /** A group's share. */
  public record Removed(String group, double share) {}
}
