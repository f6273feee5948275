package dev.earshot.search;

/**
 * {@link Lanes} by the JVM's vectors. Loaded only where it was started with the module {@code
 * jdk.incubator.vector}.
 *
 * <p>Each method is to be compiled for itself: built into a caller that has much else to do, the
 * JIT reaches its limits there and leaves vectors to be objects, which takes thirty times as long.
 * So the launcher tells it to leave this class's methods out of others ({@code dontinline}).
 */
final class VectorLanes implements Lanes {
  /** Written so that what {@link VectorKernels#products} reads ahead has a use. */
  @SuppressWarnings("unused")
  private int fetched;

  @Override
  public void score(
      byte[] blocks,
      int bytes,
      int from,
      int to,
      short[][] queries,
      int count,
      short[][] scores,
      int at) {
    VectorKernels.score(blocks, bytes, from, to, queries, count, scores, at);
  }

  @Override
  public short greatest(short[] scores, int count) {
    return VectorKernels.greatest(scores, count);
  }

  @Override
  public int countAtLeast(short[] scores, int from, int to, short threshold) {
    return VectorKernels.countAtLeast(scores, from, to, threshold);
  }

  @Override
  public int findAtLeast(short[] scores, int count, short threshold, int[] found) {
    return VectorKernels.findAtLeast(scores, count, threshold, found);
  }

  @Override
  public double sumOfPowersBelow(
      short[] scores, int count, short threshold, short best, int slope) {
    return VectorKernels.sumOfPowersBelow(scores, count, threshold, best, slope);
  }

  @Override
  public void products(byte[] rows, int[] which, int count, short[] query, int[] products) {
    fetched = VectorKernels.products(rows, which, count, query, products);
  }
}
