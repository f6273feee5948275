package dev.earshot.search;

import java.util.Arrays;
import java.util.Random;

/**
 * The means of groups of vectors, each vector in the group whose mean is the nearest to it: k-means
 * (Lloyd, <i>Least squares quantization in PCM</i>, IEEE Transactions on Information Theory 28(2),
 * 1982).
 *
 * <p>Not thread-safe.
 */
final class Centroids {
  private static final int ROUNDS = 8;

  /** float {@code [D, count]}: as sums of products want it. */
  private final float[][] means;

  /** Half of each mean's squared length. */
  private final float[] halfSquares;

  /** Scratch: what each mean is nearer than the origin, by half of the squared distances. */
  private final float[] nearness;

  private Centroids(int count, int dimension) {
    means = new float[dimension][count];
    halfSquares = new float[count];
    nearness = new float[count];
  }

  /**
   * Of some vectors.
   *
   * @param vectors float {@code [n, D]}, n positive
   * @param most centroids; there are fewer where there are fewer vectors
   */
  static Centroids of(float[][] vectors, int most, Random random) {
    int dimension = vectors[0].length;
    Centroids centroids = new Centroids(Math.min(most, vectors.length), dimension);
    int[] drawn = random.ints(0, vectors.length).distinct().limit(centroids.count()).toArray();
    for (int c = 0; c < drawn.length; c++) {
      centroids.place(c, vectors[drawn[c]], 1);
    }
    float[][] sums = new float[centroids.count()][dimension];
    int[] sizes = new int[centroids.count()];
    for (int round = 0; round < ROUNDS; round++) {
      Arrays.fill(sizes, 0);
      for (float[] sum : sums) {
        Arrays.fill(sum, 0);
      }
      for (int v = 0; v < vectors.length; v++) {
        Pauses.between(v);
        float[] vector = vectors[v];
        int nearest = centroids.nearest(vector);
        sizes[nearest]++;
        PrincipalComponents.addTo(sums[nearest], 1, vector);
      }
      for (int c = 0; c < sizes.length; c++) {
        if (sizes[c] > 0) {
          centroids.place(c, sums[c], 1f / sizes[c]);
        } else {
          centroids.place(c, vectors[random.nextInt(vectors.length)], 1);
        }
      }
    }
    return centroids;
  }

  int count() {
    return halfSquares.length;
  }

  private void place(int c, float[] vector, float factor) {
    float squares = 0;
    for (int d = 0; d < vector.length; d++) {
      float value = factor * vector[d];
      means[d][c] = value;
      squares += value * value;
    }
    halfSquares[c] = squares / 2;
  }

  /** Which is the nearest to a vector, the first of those that are equally near. */
  int nearest(float[] vector) {
    for (int c = 0; c < nearness.length; c++) {
      nearness[c] = -halfSquares[c];
    }
    for (int d = 0; d < means.length; d++) {
      PrincipalComponents.addTo(nearness, vector[d], means[d]);
    }
    int nearest = 0;
    for (int c = 1; c < nearness.length; c++) {
      if (nearness[c] > nearness[nearest]) {
        nearest = c;
      }
    }
    return nearest;
  }
}
