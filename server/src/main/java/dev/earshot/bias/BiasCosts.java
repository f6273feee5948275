package dev.earshot.bias;

import dev.earshot.batch.CostModel;
import dev.earshot.batch.CostModel.Observation;
import dev.earshot.deadline.Ticker;
import java.util.List;

/** What the steps take, by the number of what they work on. Thread-safe. */
final class BiasCosts {
  /** Pronouncing goes on in slices of this length. */
  static final long SLICE_NANOS = 1_000_000;

  private final CostModel phrases;
  private final CostModel encode;
  private final CostModel match;
  private final CostModel rescore;

  BiasCosts(Ticker ticker) {
    // Before anything was run; a few runs later the fits know.
    phrases = of(ticker, 200_000, 400, 3_000_000);
    encode = of(ticker, 500_000, 32, 3_000_000);
    match = of(ticker, 300_000, 10, 1_000_000);
    rescore = of(ticker, 200_000, 1_000, 1_500_000);
  }

  private static CostModel of(Ticker ticker, long one, int many, long nanosOfMany) {
    return new CostModel(
        ticker, List.of(new Observation(1, one), new Observation(many, nanosOfMany)));
  }

  /** Making the phrases of so many names. */
  CostModel phrases() {
    return phrases;
  }

  /** Embedding so many texts. */
  CostModel encode() {
    return encode;
  }

  /** Comparing so many hypotheses with a context vector. */
  CostModel match() {
    return match;
  }

  /** Scoring hypotheses against phrases; rows are hypotheses times phrases. */
  CostModel rescore() {
    return rescore;
  }
}
