package dev.earshot.model;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A direct buffer and the tensors over its beginning, one for each shape that came up. Making a
 * tensor allocates on both sides of the native border; finding it again does not.
 */
abstract class Tensors implements AutoCloseable {
  private final OrtEnvironment environment;

  /** By rows, then columns. */
  private @Nullable OnnxTensor[][] tensors;

  Tensors(OrtEnvironment environment) {
    this.environment = environment;
    this.tensors = new OnnxTensor[0][];
  }

  /** The tensor of one dimension over the first {@code rows} elements. */
  final OnnxTensor shaped(int rows) {
    return cached(rows, 0);
  }

  /** The tensor {@code [rows, columns]} over the first elements. */
  final OnnxTensor shaped(int rows, int columns) {
    return cached(rows, columns);
  }

  private OnnxTensor cached(int rows, int columns) {
    if (rows >= tensors.length) {
      int old = tensors.length;
      tensors = Arrays.copyOf(tensors, rows + 1);
      Arrays.fill(tensors, old, tensors.length, new OnnxTensor[0]);
    }
    if (columns >= tensors[rows].length) {
      tensors[rows] = Arrays.copyOf(tensors[rows], columns + 1);
    }
    OnnxTensor tensor = tensors[rows][columns];
    if (tensor == null) {
      tensor = make(0, shape(rows, columns));
      tensors[rows][columns] = tensor;
    }
    return tensor;
  }

  /** The shape of the tensor for a number of rows and columns; no columns: one dimension. */
  long[] shape(int rows, int columns) {
    return columns == 0 ? new long[] {rows} : new long[] {rows, columns};
  }

  final OnnxTensor make(int offset, long[] shape) {
    int length = 1;
    for (long dimension : shape) {
      length = Math.multiplyExact(length, Math.toIntExact(dimension));
    }
    try {
      return make(environment, offset, length, shape);
    } catch (OrtException e) {
      throw new InferenceException("tensor: " + Manifest.firstLine(e), e);
    }
  }

  abstract OnnxTensor make(OrtEnvironment environment, int offset, int length, long[] shape)
      throws OrtException;

  @Override
  public final void close() {
    for (OnnxTensor[] row : tensors) {
      for (OnnxTensor tensor : row) {
        if (tensor != null) {
          tensor.close();
        }
      }
    }
    tensors = new OnnxTensor[0][];
  }

  static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  /** Tensors of int32. */
  static final class Ints extends Tensors {
    private final IntBuffer buffer;

    Ints(OrtEnvironment environment, int rows, int columns) {
      super(environment);
      buffer = direct(4L * rows * Math.max(1, columns)).asIntBuffer();
    }

    IntBuffer buffer() {
      return buffer;
    }

    @Override
    OnnxTensor make(OrtEnvironment environment, int offset, int length, long[] shape)
        throws OrtException {
      return OnnxTensor.createTensor(environment, buffer.slice(offset, length), shape);
    }
  }

  /** Tensors of int64. */
  static final class Longs extends Tensors {
    private final LongBuffer buffer;

    Longs(OrtEnvironment environment, int rows, int columns) {
      super(environment);
      buffer = direct(8L * rows * Math.max(1, columns)).asLongBuffer();
    }

    LongBuffer buffer() {
      return buffer;
    }

    @Override
    OnnxTensor make(OrtEnvironment environment, int offset, int length, long[] shape)
        throws OrtException {
      return OnnxTensor.createTensor(environment, buffer.slice(offset, length), shape);
    }
  }

  /** Tensors of float32. */
  static final class Floats extends Tensors {
    private final FloatBuffer buffer;

    Floats(OrtEnvironment environment, int rows, int columns) {
      this(environment, (long) rows * Math.max(1, columns));
    }

    Floats(OrtEnvironment environment, long elements) {
      super(environment);
      buffer = direct(4 * elements).asFloatBuffer();
    }

    FloatBuffer buffer() {
      return buffer;
    }

    /** A tensor {@code [rows, columns]} that begins at a row; the caller closes it. */
    OnnxTensor slice(int fromRow, int rows, int columns) {
      return make(fromRow * columns, new long[] {rows, columns});
    }

    @Override
    OnnxTensor make(OrtEnvironment environment, int offset, int length, long[] shape)
        throws OrtException {
      return OnnxTensor.createTensor(environment, buffer.slice(offset, length), shape);
    }
  }

  /** Tensors of int8 vectors: {@code [rows, columns, depth]}. */
  static final class Int8Vectors extends Tensors {
    private final ByteBuffer buffer;
    private final int depth;

    Int8Vectors(OrtEnvironment environment, int vectors, int depth) {
      super(environment);
      this.depth = depth;
      buffer = direct((long) vectors * depth);
    }

    ByteBuffer buffer() {
      return buffer;
    }

    @Override
    long[] shape(int rows, int columns) {
      return new long[] {rows, columns, depth};
    }

    @Override
    OnnxTensor make(OrtEnvironment environment, int offset, int length, long[] shape)
        throws OrtException {
      ByteBuffer slice = buffer.slice(offset, length).order(ByteOrder.nativeOrder());
      return OnnxTensor.createTensor(environment, slice, shape, OnnxJavaType.INT8);
    }
  }
}
