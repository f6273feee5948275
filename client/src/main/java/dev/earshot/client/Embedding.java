package dev.earshot.client;

import java.util.Arrays;
import java.util.List;

/** A matrix of numbers that a model made. Immutable. */
public final class Embedding {
  private final String modelId;
  private final List<Integer> shape;
  private final float[] values;

  private Embedding(String modelId, List<Integer> shape, float[] values) {
    this.modelId = modelId;
    this.shape = shape;
    this.values = values;
  }

  /** The model, with its version. Only vectors of one model can be compared. */
  public String modelId() {
    return modelId;
  }

  /** The dimensions, outermost first: items, then numbers per item. */
  public List<Integer> shape() {
    return shape;
  }

  /** A copy of the numbers, row by row; as many as the product of the shape. */
  public float[] values() {
    return values.clone();
  }

  static Embedding of(dev.earshot.v1.Embedding message) {
    float[] values = new float[message.getValuesCount()];
    for (int i = 0; i < values.length; i++) {
      values[i] = message.getValues(i);
    }
    return new Embedding(message.getModelId(), List.copyOf(message.getShapeList()), values);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Embedding embedding
        && embedding.modelId.equals(modelId)
        && embedding.shape.equals(shape)
        && Arrays.equals(embedding.values, values);
  }

  @Override
  public int hashCode() {
    return 31 * modelId.hashCode() + Arrays.hashCode(values);
  }

  // What a user said can be guessed from its embedding: it does not get into logs.
  @Override
  public String toString() {
    return "Embedding[modelId=" + modelId + ", shape=" + shape + "]";
  }
}
