package dev.earshot.model;

import java.util.Arrays;

/**
 * The embedding of a dialogue so far: one vector for each item, {@code [items, dimensions]}.
 *
 * <p>Immutable and thread-safe; equal by content.
 */
public final class ContextVector {
  private final String modelId;
  private final int items;
  private final int dimensions;
  private final float[] values;

  private ContextVector(String modelId, int items, int dimensions, float[] values) {
    this.modelId = modelId;
    this.items = items;
    this.dimensions = dimensions;
    this.values = values;
  }

  /**
   * A vector from its parts, as they were stored.
   *
   * @param modelId the model that made it
   * @param items at least 1
   * @param dimensions at least 1
   * @param values {@code items × dimensions} finite numbers, item after item; copied
   * @throws IllegalArgumentException if they do not fit together
   */
  public static ContextVector of(String modelId, int items, int dimensions, float[] values) {
    if (modelId.isEmpty()) {
      throw new IllegalArgumentException("modelId: empty (expected: a model's id)");
    }
    if (items < 1 || dimensions < 1 || (long) items * dimensions != values.length) {
      throw new IllegalArgumentException(
          "shape [" + items + ", " + dimensions + "] of " + values.length + " values");
    }
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "value " + i + ": " + values[i] + " (expected: a finite number)");
      }
    }
    return new ContextVector(modelId, items, dimensions, values.clone());
  }

  /** The model that made it: no other can read it. */
  public String modelId() {
    return modelId;
  }

  /** How many items it describes, in the order given to {@link ContextEncoder#encode}. */
  public int items() {
    return items;
  }

  /** The length of an item's vector. */
  public int dimensions() {
    return dimensions;
  }

  /** The shape of {@link #values}: items, dimensions. */
  public int[] shape() {
    return new int[] {items, dimensions};
  }

  /** A copy of the values, item after item. */
  public float[] values() {
    return values.clone();
  }

  /** The values themselves, for who does not change them. */
  float[] shared() {
    return values;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ContextVector vector
        && modelId.equals(vector.modelId)
        && items == vector.items
        && dimensions == vector.dimensions
        && Arrays.equals(values, vector.values);
  }

  @Override
  public int hashCode() {
    return 31 * modelId.hashCode() + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    // What was said can be guessed from the values.
    return "ContextVector[" + modelId + ", " + items + " x " + dimensions + "]";
  }
}
