package dev.earshot.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Many cells, by centroids in two levels: of sixty times sixty only a hundred and twenty are looked
 * at to find the cell of a vector.
 *
 * <p>Not thread-safe.
 */
final class Clustering {
  private final Centroids groups;
  private final List<Centroids> cells = new ArrayList<>();

  /** By group, the number of its first cell; then the number of all. */
  private final int[] first;

  /**
   * Of vectors that stand for all.
   *
   * @param sample float {@code [n, D]}
   * @param side groups, and cells of each, at most
   */
  Clustering(float[][] sample, int side) {
    Random random = new Random(1);
    groups = Centroids.of(sample, side, random);
    List<List<float[]>> members = new ArrayList<>();
    for (int g = 0; g < groups.count(); g++) {
      members.add(new ArrayList<>());
    }
    for (int v = 0; v < sample.length; v++) {
      Pauses.between(v);
      float[] vector = sample[v];
      members.get(groups.nearest(vector)).add(vector);
    }
    first = new int[groups.count() + 1];
    for (int g = 0; g < groups.count(); g++) {
      // A group of none in the sample may still be the nearest to a vector that is not in it.
      float[][] of = members.get(g).isEmpty() ? sample : members.get(g).toArray(float[][]::new);
      cells.add(Centroids.of(of, members.get(g).isEmpty() ? 1 : side, random));
      first[g + 1] = first[g] + cells.get(g).count();
    }
  }

  /** How many cells there are. */
  int count() {
    return first[groups.count()];
  }

  /** The cell of a vector: float, D or more. */
  int cell(float[] vector) {
    int group = groups.nearest(vector);
    return first[group] + cells.get(group).nearest(vector);
  }
}
