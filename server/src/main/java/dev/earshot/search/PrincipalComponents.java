package dev.earshot.search;

import java.util.Random;

/**
 * Directions in which rows are long: an orthonormal basis of about the space that the first
 * eigenvectors of {@code Σ r rᵀ} span, by orthogonal iteration (Golub and Van Loan, Matrix
 * Computations, 8.2.4). Which vectors of that space they are does not matter to a product.
 */
final class PrincipalComponents {
  private static final int ITERATIONS = 20;

  private PrincipalComponents() {}

  /**
   * The basis, transposed, for products with one row after the other.
   *
   * @param moments {@code Σ r rᵀ}, float {@code [D, D]}, symmetric
   * @return float {@code [D, count]}
   */
  static float[][] of(float[][] moments, int count) {
    int dimension = moments.length;
    float[][] basis = new float[count][dimension];
    Random random = new Random(1);
    for (float[] vector : basis) {
      for (int d = 0; d < dimension; d++) {
        vector[d] = (float) random.nextGaussian();
      }
    }
    orthonormalise(basis);
    for (int i = 0; i < ITERATIONS; i++) {
      float[][] longer = new float[count][dimension];
      for (int v = 0; v < count; v++) {
        Pauses.between(v);
        for (int d = 0; d < dimension; d++) {
          addTo(longer[v], basis[v][d], moments[d]);
        }
      }
      basis = longer;
      orthonormalise(basis);
    }
    float[][] transposed = new float[dimension][count];
    for (int d = 0; d < dimension; d++) {
      for (int v = 0; v < count; v++) {
        transposed[d][v] = basis[v][d];
      }
    }
    return transposed;
  }

  /** {@code sum += factor · vector}. */
  static void addTo(float[] sum, float factor, float[] vector) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += factor * vector[i];
    }
  }

  /** The same of four vectors, from one on: sums are read and written once. */
  static void addTo(float[] sum, float[] factors, float[][] vectors, int from) {
    float factor0 = factors[from];
    float factor1 = factors[from + 1];
    float factor2 = factors[from + 2];
    float factor3 = factors[from + 3];
    float[] vector0 = vectors[from];
    float[] vector1 = vectors[from + 1];
    float[] vector2 = vectors[from + 2];
    float[] vector3 = vectors[from + 3];
    for (int i = 0; i < sum.length; i++) {
      sum[i] =
          sum[i]
              + factor0 * vector0[i]
              + factor1 * vector1[i]
              + factor2 * vector2[i]
              + factor3 * vector3[i];
    }
  }

  /** Gram and Schmidt's, each vector against those before it. */
  private static void orthonormalise(float[][] vectors) {
    for (int v = 0; v < vectors.length; v++) {
      Pauses.between(v);
      for (int before = 0; before < v; before++) {
        addTo(vectors[v], -(float) product(vectors[v], vectors[before]), vectors[before]);
      }
      double length = Math.sqrt(product(vectors[v], vectors[v]));
      // A direction that no row has: it adds nothing to any product.
      float scale = length > 1e-30 ? (float) (1 / length) : 0;
      for (int d = 0; d < vectors[v].length; d++) {
        vectors[v][d] *= scale;
      }
    }
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
