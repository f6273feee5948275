package dev.earshot.store;

import java.util.List;

/**
 * One text of an event. Immutable.
 *
 * @param kind such as {@code UTTERANCE}; also in the reference to it
 * @param label the part that it plays, in the caller's words; may be empty
 * @param entityId what it names, in the caller's words; may be empty
 * @param pronunciations in the documented phone alphabet; may be empty
 * @param locale BCP 47; empty: the bundle's language
 */
public record ContextItem(
    String kind,
    String text,
    String label,
    String entityId,
    List<String> pronunciations,
    String locale) {
  private static final int FORMAT = 1;

  public ContextItem {
    pronunciations = List.copyOf(pronunciations);
  }

  /** The content of the stored item. */
  public Bytes encode() {
    return Bytes.wrap(
        new RecordWriter()
            .writeByte(FORMAT)
            .writeString(kind)
            .writeString(text)
            .writeString(label)
            .writeString(entityId)
            .writeAll(pronunciations, RecordWriter::writeString)
            .writeString(locale)
            .toArray());
  }

  /**
   * Reads the content of a stored item.
   *
   * @throws StoreException UNREADABLE if these are not the bytes of an item
   */
  public static ContextItem decode(Bytes content) {
    RecordReader in = new RecordReader(content.array());
    if (in.readByte() != FORMAT) {
      throw RecordReader.unreadable();
    }
    ContextItem item =
        new ContextItem(
            in.readString(),
            in.readString(),
            in.readString(),
            in.readString(),
            in.readAll(RecordReader::readString),
            in.readString());
    in.requireEnd();
    return item;
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "ContextItem[kind=" + kind + "]";
  }
}
