package dev.earshot.grpc;

import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Requests as raw bytes, as a client with another schema would send them. */
final class RawBytes implements MethodDescriptor.Marshaller<byte[]> {
  private RawBytes() {}

  static <A> MethodDescriptor<byte[], A> requestsOf(MethodDescriptor<?, A> method) {
    return method.toBuilder(new RawBytes(), method.getResponseMarshaller()).build();
  }

  @Override
  public InputStream stream(byte[] value) {
    return new ByteArrayInputStream(value);
  }

  @Override
  public byte[] parse(InputStream stream) {
    try {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
