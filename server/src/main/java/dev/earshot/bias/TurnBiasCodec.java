package dev.earshot.bias;

import dev.earshot.bias.TurnBias.Extent;
import dev.earshot.bias.TurnBias.Origin;
import dev.earshot.deadline.Degradation.Context;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.model.ContextVector;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.phrase.Phrases;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.store.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A {@link TurnBias} as the content of a derived item: what another instance takes for its own. Who
 * made it with other models, or another edition of this format, is not read: it is made anew.
 */
final class TurnBiasCodec {
  private static final int FORMAT = 2;

  /** What the fields and each phrase take, roughly: who guesses well copies little. */
  private static final int FIELDS_BYTES = 512;

  private static final int PHRASE_BYTES = 96;
  private static final int CHUNK_FLOATS = 256;

  private final String models;

  /**
   * @param models version of the models
   */
  TurnBiasCodec(String models) {
    this.models = models;
  }

  Bytes encode(TurnBias bias) {
    int floats = bias.vector().map(vector -> vector.items() * vector.dimensions()).orElse(0);
    ByteArrayOutputStream bytes =
        new ByteArrayOutputStream(
            FIELDS_BYTES + PHRASE_BYTES * bias.phrases().phrases().size() + Float.BYTES * floats);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeUTF(models);
      Origin origin = bias.origin();
      out.writeUTF(origin.dialogueId());
      out.writeUTF(origin.userId());
      out.writeUTF(origin.locale());
      out.writeLong(origin.profileVersion());
      out.writeInt(origin.maxPhrases());
      out.writeInt(bias.missing().size());
      for (Map.Entry<Context, Reason> entry : bias.missing().entrySet()) {
        out.writeUTF(entry.getKey().name());
        out.writeUTF(entry.getValue().name());
      }
      out.writeUTF(bias.contextText());
      out.writeInt(bias.phrases().dropped());
      List<BiasPhrase> phrases = bias.phrases().phrases();
      // There are few kinds, sources and locales, which all phrases share.
      List<String> words = words(phrases);
      out.writeShort(words.size());
      for (String word : words) {
        out.writeUTF(word);
      }
      out.writeInt(phrases.size());
      for (BiasPhrase phrase : phrases) {
        out.writeUTF(phrase.text());
        out.writeDouble(phrase.boost());
        out.writeUTF(phrase.display());
        out.writeByte(phrase.pronunciations().size());
        for (Pronunciation pronunciation : phrase.pronunciations()) {
          out.writeShort(pronunciation.length());
          for (int i = 0; i < pronunciation.length(); i++) {
            out.writeByte(pronunciation.codeAt(i));
          }
        }
        out.writeShort(words.indexOf(phrase.kind()));
        out.writeShort(words.indexOf(phrase.source().name()));
        out.writeShort(words.indexOf(phrase.locale()));
      }
      out.writeBoolean(bias.vector().isPresent());
      if (bias.vector().isPresent()) {
        ContextVector vector = bias.vector().get();
        out.writeUTF(vector.modelId());
        out.writeInt(vector.items());
        out.writeInt(vector.dimensions());
        write(vector.values(), out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Bytes.wrap(bytes.toByteArray());
  }

  private static List<String> words(List<BiasPhrase> phrases) {
    Set<String> words = new LinkedHashSet<>();
    for (BiasPhrase phrase : phrases) {
      words.add(phrase.kind());
      words.add(phrase.source().name());
      words.add(phrase.locale());
    }
    return List.copyOf(words);
  }

  private static void write(float[] values, DataOutputStream out) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(Float.BYTES * CHUNK_FLOATS);
    for (int from = 0; from < values.length; from += CHUNK_FLOATS) {
      int count = Math.min(CHUNK_FLOATS, values.length - from);
      chunk.asFloatBuffer().put(values, from, count);
      out.write(chunk.array(), 0, Float.BYTES * count);
    }
  }

  /**
   * What was encoded, if it can be used.
   *
   * @param version of the interaction that it was made from
   */
  Optional<TurnBias> decode(Bytes content, String interactionId, long version, Instant expireTime) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(content.array()))) {
      if (in.readByte() != FORMAT || !in.readUTF().equals(models)) {
        return Optional.empty();
      }
      String dialogueId = in.readUTF();
      String userId = in.readUTF();
      String locale = in.readUTF();
      long profileVersion = in.readLong();
      int maxPhrases = in.readInt();
      Map<Context, Reason> missing = new EnumMap<>(Context.class);
      for (int i = in.readInt(); i > 0; i--) {
        missing.put(Context.valueOf(in.readUTF()), Reason.valueOf(in.readUTF()));
      }
      String contextText = in.readUTF();
      int dropped = in.readInt();
      List<String> words = new ArrayList<>();
      for (int i = in.readUnsignedShort(); i > 0; i--) {
        words.add(in.readUTF());
      }
      int count = in.readInt();
      List<BiasPhrase> phrases = new ArrayList<>(Math.min(count, 1_000));
      for (int i = 0; i < count; i++) {
        phrases.add(phrase(in, words));
      }
      Optional<ContextVector> vector = Optional.empty();
      if (in.readBoolean()) {
        vector = Optional.of(vector(in));
      }
      return Optional.of(
          new TurnBias(
              new Origin(
                  interactionId,
                  dialogueId,
                  userId,
                  locale,
                  version,
                  Optional.of(expireTime),
                  profileVersion,
                  maxPhrases),
              new Phrases(phrases, dropped),
              contextText,
              vector,
              Extent.FULL,
              missing));
    } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
      // The store has checked that these are the bytes as written: another edition wrote them.
      return Optional.empty();
    }
  }

  private static BiasPhrase phrase(DataInputStream in, List<String> words) throws IOException {
    String text = in.readUTF();
    double boost = in.readDouble();
    String display = in.readUTF();
    int count = in.readByte();
    List<Pronunciation> pronunciations = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte[] codes = new byte[in.readUnsignedShort()];
      in.readFully(codes);
      pronunciations.add(Pronunciation.of(codes, 0, codes.length));
    }
    return new BiasPhrase(
        text,
        boost,
        display,
        pronunciations,
        words.get(in.readUnsignedShort()),
        PhraseSource.valueOf(words.get(in.readUnsignedShort())),
        words.get(in.readUnsignedShort()));
  }

  private static ContextVector vector(DataInputStream in) throws IOException {
    String modelId = in.readUTF();
    int items = in.readInt();
    int dimensions = in.readInt();
    if (items < 1 || dimensions < 1 || (long) items * dimensions > 1 << 20) {
      throw new IOException("shape");
    }
    byte[] floats = new byte[Float.BYTES * items * dimensions];
    in.readFully(floats);
    float[] values = new float[items * dimensions];
    ByteBuffer.wrap(floats).asFloatBuffer().get(values);
    return ContextVector.of(modelId, items, dimensions, values);
  }
}
