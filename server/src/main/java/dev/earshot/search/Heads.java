package dev.earshot.search;

import java.nio.ByteBuffer;

/**
 * What a catalogue's logits are made of: skill {@code k}'s is {@code logitScale · scales[k] ·
 * rows[k] · q + biases[k]}.
 *
 * @param dimension of a row, D
 * @param rows int8 within ±63, {@code [scales.length, dimension]}; not copied
 * @param scales what makes {@code rows} real numbers
 * @param biases added to the logits
 * @param logitScale positive
 * @param queryScale the int8 value of a query's component is it divided by this, rounded half to
 *     even, within −128…127
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record Heads(
    int dimension,
    ByteBuffer rows,
    float[] scales,
    float[] biases,
    float logitScale,
    float queryScale) {
  public Heads {
    if (rows.limit() != (long) scales.length * dimension || biases.length != scales.length) {
      throw new IllegalArgumentException(
          rows.limit() + " bytes, " + biases.length + " biases for " + scales.length + " rows");
    }
  }

  /** How many. */
  public int count() {
    return scales.length;
  }
}
