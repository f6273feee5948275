package dev.earshot.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CellsTest {
  @Test
  void rowsLieCellAfterCellInTheirOrder() {
    Cells cells = Cells.of(new int[] {2, 0, 2, 3, 0}, 5, new byte[0]);

    assertThat(cells.count()).isEqualTo(5);
    assertThat(rows(cells)).containsExactly(1, 4, 0, 2, 3);
    for (int row = 0; row < 5; row++) {
      assertThat(cells.row(cells.place(row))).isEqualTo(row);
    }
    assertThat(new int[] {cells.size(0), cells.size(1), cells.size(2), cells.size(3)})
        .containsExactly(2, 0, 2, 1);
    assertThat(new int[] {cells.cell(1), cells.cell(0), cells.cell(2), cells.cell(3)})
        .containsExactly(0, 2, 2, 3);
  }

  @Test
  void aCellHoldsVectorsAroundOneCentre() {
    Random random = new Random(1);
    int centres = 16;
    float[][] vectors = new float[centres * 50][];
    for (int i = 0; i < vectors.length; i++) {
      float[] vector = new float[24];
      for (int d = 0; d < vector.length; d++) {
        double centre = new Random(1_000 * (i % centres) + d).nextGaussian();
        vector[d] = (float) (centre + 0.01 * random.nextGaussian());
      }
      vectors[i] = vector;
    }

    Clustering clustering = new Clustering(vectors, 8);

    assertThat(clustering.count()).isGreaterThan(centres);
    int[][] ofCell = new int[clustering.count()][centres];
    for (int i = 0; i < vectors.length; i++) {
      ofCell[clustering.cell(vectors[i])][i % centres]++;
    }
    for (int[] ofCentre : ofCell) {
      assertThat(Arrays.stream(ofCentre).filter(count -> count > 0).count()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void fewerVectorsThanCellsAreEachACellOfTheirOwn() {
    float[][] vectors = {{0, 0}, {4, 0}, {0, 4}};

    Centroids centroids = Centroids.of(vectors, 8, new Random(1));

    assertThat(centroids.count()).isEqualTo(3);
    assertThat(
            Set.of(
                centroids.nearest(vectors[0]),
                centroids.nearest(vectors[1]),
                centroids.nearest(vectors[2])))
        .containsExactlyInAnyOrder(0, 1, 2);
    assertThat(centroids.nearest(new float[] {3, 1})).isEqualTo(centroids.nearest(vectors[1]));
  }

  private static int[] rows(Cells cells) {
    int[] rows = new int[cells.start(cells.count())];
    for (int place = 0; place < rows.length; place++) {
      rows[place] = cells.row(place);
    }
    return rows;
  }
}
