package dev.earshot.store.dynamodb;

import dev.earshot.store.Bytes;
import dev.earshot.store.StoreException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Values to and from DynamoDB's types. A value that is missing or of another type is UNREADABLE.
 */
final class Attributes {
  /**
   * Seconds since the epoch from which on DynamoDB may remove a row: the attribute of each table's
   * time to live. What it removes was invisible before.
   */
  static final String REMOVAL_TIME = "removal_time";

  private Attributes() {}

  static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  static AttributeValue bytes(Bytes value) {
    return bytes(value.array());
  }

  /** Takes the array over without a copy. */
  static AttributeValue bytes(byte[] value) {
    return AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(value));
  }

  static AttributeValue texts(Collection<String> values) {
    return AttributeValue.fromSs(List.copyOf(values));
  }

  /** The value of {@link #REMOVAL_TIME} for what may go from a time in milliseconds on. */
  static AttributeValue removalTime(long millis) {
    return number(Math.floorDiv(millis, 1_000) + 1);
  }

  static String text(Map<String, AttributeValue> row, String name) {
    return present(present(row.get(name)).s());
  }

  static long number(Map<String, AttributeValue> row, String name) {
    try {
      return Long.parseLong(present(present(row.get(name)).n()));
    } catch (NumberFormatException e) {
      throw unreadable();
    }
  }

  static Bytes bytes(Map<String, AttributeValue> row, String name) {
    return Bytes.wrap(array(present(row.get(name))));
  }

  static byte[] array(AttributeValue value) {
    return present(value.b()).asByteArrayUnsafe();
  }

  static <T> T present(@org.jspecify.annotations.Nullable T value) {
    if (value == null) {
      throw unreadable();
    }
    return value;
  }

  static StoreException unreadable() {
    return new StoreException(
        StoreException.Kind.UNREADABLE, "a row of DynamoDB is broken or of another version");
  }
}
