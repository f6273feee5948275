package dev.earshot.store;

import dev.earshot.store.Interaction.ItemRef;
import dev.earshot.store.Interaction.RecordedEvent;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * An interaction's entry as bytes, and what is remembered of one that is gone. Both end with a
 * CRC-32C, so that a flipped bit is seen, and hold their interaction's id, so that one under
 * another's key is.
 */
public final class InteractionCodec {
  private static final int LIVE = 1;
  private static final int TOMBSTONE = 2;
  private static final int EVENT = 3;
  private static final int CHECKSUM_BYTES = 4;

  private InteractionCodec() {}

  /** What stands under an interaction's key. */
  public sealed interface Entry {}

  /** The interaction. */
  public record Live(Interaction interaction) implements Entry {}

  /** What is remembered, until then, of an interaction that is gone. */
  public record Tombstone(InteractionRead.Gone reason, Instant until) implements Entry {}

  public static byte[] encode(Interaction interaction) {
    RecordWriter out =
        new RecordWriter()
            .writeByte(LIVE)
            .writeString(interaction.interactionId())
            .writeString(interaction.dialogueId())
            .writeString(interaction.userId())
            .writeUnsigned(interaction.itemCount())
            .writeUnsigned(interaction.textBytes())
            .writeUnsigned(interaction.version())
            .writeSigned(interaction.createTime().toEpochMilli())
            .writeSigned(interaction.expireTime().toEpochMilli())
            .writeAll(interaction.events(), InteractionCodec::write);
    return withChecksum(out);
  }

  public static byte[] encode(String interactionId, Tombstone tombstone) {
    RecordWriter out =
        new RecordWriter()
            .writeByte(TOMBSTONE)
            .writeString(interactionId)
            .writeByte(tombstone.reason.code())
            .writeSigned(tombstone.until.toEpochMilli());
    return withChecksum(out);
  }

  /** One event, for stores that append to an entry without reading it. */
  public static byte[] encode(String interactionId, RecordedEvent event) {
    RecordWriter out = new RecordWriter().writeByte(EVENT).writeString(interactionId);
    write(out, event);
    return withChecksum(out);
  }

  /**
   * Reads an entry.
   *
   * @throws StoreException UNREADABLE if these are not the bytes of that interaction's entry
   */
  public static Entry decode(String interactionId, byte[] bytes) {
    int end = requireChecksum(bytes);
    RecordReader in = new RecordReader(bytes, 0, end);
    int form = in.readByte();
    if (!in.readString().equals(interactionId)) {
      throw RecordReader.unreadable();
    }
    return switch (form) {
      case LIVE -> new Live(interaction(interactionId, in));
      case TOMBSTONE -> new Tombstone(reason(in), Instant.ofEpochMilli(in.readSigned()));
      default -> throw RecordReader.unreadable();
    };
  }

  /**
   * Reads an event that was written by itself.
   *
   * @throws StoreException UNREADABLE if these are not the bytes of an event of that interaction
   */
  public static RecordedEvent decodeEvent(String interactionId, byte[] bytes) {
    int end = requireChecksum(bytes);
    RecordReader in = new RecordReader(bytes, 0, end);
    if (in.readByte() != EVENT || !in.readString().equals(interactionId)) {
      throw RecordReader.unreadable();
    }
    RecordedEvent event = readEvent(in);
    in.requireEnd();
    return event;
  }

  private static Interaction interaction(String interactionId, RecordReader in) {
    String dialogueId = in.readString();
    String userId = in.readString();
    int itemCount = in.readCount();
    int textBytes = in.readCount();
    long version = in.readUnsigned();
    Instant createTime = Instant.ofEpochMilli(in.readSigned());
    Instant expireTime = Instant.ofEpochMilli(in.readSigned());
    Interaction interaction =
        new Interaction(
            interactionId,
            dialogueId,
            userId,
            in.readAll(InteractionCodec::readEvent),
            itemCount,
            textBytes,
            version,
            createTime,
            expireTime);
    in.requireEnd();
    return interaction;
  }

  private static InteractionRead.Gone reason(RecordReader in) {
    int code = in.readByte();
    for (InteractionRead.Gone reason : InteractionRead.Gone.values()) {
      if (reason.code() == code) {
        return reason;
      }
    }
    throw RecordReader.unreadable();
  }

  private static void write(RecordWriter out, RecordedEvent event) {
    out.writeString(event.eventId())
        .writeString(event.type())
        .writeInstant(event.time())
        .writeString(event.skillId())
        .writeAll(event.expectedDuration().stream().toList(), RecordWriter::writeDuration)
        .writeAll(event.items(), InteractionCodec::write)
        .writeBytes(event.fingerprint().array());
  }

  private static RecordedEvent readEvent(RecordReader in) {
    return new RecordedEvent(
        in.readString(),
        in.readString(),
        in.readInstant(),
        in.readString(),
        in.readAll(RecordReader::readDuration).stream().findFirst(),
        in.readAll(InteractionCodec::readItem),
        Bytes.wrap(in.readBytes()));
  }

  private static void write(RecordWriter out, ItemRef item) {
    out.writeString(item.itemId())
        .writeString(item.kind())
        .writeSigned(item.expireTime().toEpochMilli());
  }

  private static ItemRef readItem(RecordReader in) {
    return new ItemRef(in.readString(), in.readString(), Instant.ofEpochMilli(in.readSigned()));
  }

  private static byte[] withChecksum(RecordWriter out) {
    int end = out.size();
    out.append(new byte[CHECKSUM_BYTES]);
    byte[] bytes = out.toArray();
    ByteBuffer.wrap(bytes).putInt(end, checksum(bytes, end));
    return bytes;
  }

  /** The end of what comes before the checksum, which must be right. */
  private static int requireChecksum(byte[] bytes) {
    int end = bytes.length - CHECKSUM_BYTES;
    if (end < 1 || checksum(bytes, end) != ByteBuffer.wrap(bytes).getInt(end)) {
      throw RecordReader.unreadable();
    }
    return end;
  }

  private static int checksum(byte[] bytes, int end) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, end);
    return (int) crc.getValue();
  }
}
