package dev.earshot.perf.load;

import java.util.random.RandomGenerator;

/** How requests follow each other. */
public enum Arrivals {
  /** Independent callers: exponential gaps, which bring bursts. */
  POISSON {
    @Override
    double gap(RandomGenerator random) {
      // 1 − [0, 1) is never 0.
      return -Math.log(1 - random.nextDouble());
    }
  },
  /** A metronome: the kindest load that there is. */
  CONSTANT {
    @Override
    double gap(RandomGenerator random) {
      return 1;
    }
  };

  /** The next gap, as a multiple of the mean gap. */
  abstract double gap(RandomGenerator random);
}
