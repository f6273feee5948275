package dev.earshot.bias;

import dev.earshot.model.ContextVector;

/** A context vector as callers get it: numbers that a model made. Immutable. */
public final class Embedding {
  private final ContextVector vector;

  Embedding(ContextVector vector) {
    this.vector = vector;
  }

  /** The model, with its version. */
  public String modelId() {
    return vector.modelId();
  }

  /** How many rows. */
  public int items() {
    return vector.items();
  }

  /** Numbers in a row. */
  public int dimensions() {
    return vector.dimensions();
  }

  /** A copy of the numbers, row by row. */
  public float[] values() {
    return vector.values();
  }

  @Override
  public String toString() {
    return vector.toString();
  }
}
