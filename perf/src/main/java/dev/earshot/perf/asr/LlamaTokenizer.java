package dev.earshot.perf.asr;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Byte-pair encoding over the 32,000 pieces of Llama's vocabulary, which Moonshine writes: a space
 * is {@code ▁} and begins a piece; a character without a piece is written as its UTF-8 bytes,
 * {@code <0xE2>}. Thread-safe.
 */
final class LlamaTokenizer {
  static final int UNKNOWN = 0;
  static final int START = 1;
  static final int END = 2;

  private static final char SPACE = '▁';
  private static final Pattern BYTE = Pattern.compile("<0x([0-9A-F]{2})>");

  private final List<String> pieces;
  private final Map<String, Integer> ids = new HashMap<>();

  /** By the two pieces' ids, {@code left << 32 | right}: how early the pair is merged. */
  private final Map<Long, Integer> ranks = new HashMap<>();

  /**
   * Makes a tokeniser.
   *
   * @param pieces by id
   * @param merges pairs of ids in the order in which they are merged
   */
  LlamaTokenizer(List<String> pieces, List<int[]> merges) {
    this.pieces = List.copyOf(pieces);
    for (int id = 0; id < pieces.size(); id++) {
      ids.put(pieces.get(id), id);
    }
    for (int rank = 0; rank < merges.size(); rank++) {
      int[] pair = merges.get(rank);
      ranks.putIfAbsent(pair(pair[0], pair[1]), rank);
    }
  }

  /** Reads the vocabulary and the merges that the source of llama-tokenizer-js embeds in Base64. */
  static LlamaTokenizer read(Path source) throws IOException {
    String text = Files.readString(source);
    byte[] vocabulary = literal(text, "llama_vocab_base64", source);
    ByteBuffer merges =
        ByteBuffer.wrap(literal(text, "llama_merges_binary", source))
            .order(ByteOrder.LITTLE_ENDIAN);
    List<int[]> pairs = new ArrayList<>();
    while (merges.remaining() >= 4) {
      pairs.add(
          new int[] {
            Short.toUnsignedInt(merges.getShort()), Short.toUnsignedInt(merges.getShort())
          });
    }
    return new LlamaTokenizer(
        List.of(new String(vocabulary, StandardCharsets.UTF_8).split("\n", -1)), pairs);
  }

  private static byte[] literal(String source, String name, Path file) throws IOException {
    Matcher matcher = Pattern.compile(name + "\\s*=\\s*[\"'`]").matcher(source);
    if (!matcher.find()) {
      throw new IOException(file + " holds no " + name);
    }
    int begin = matcher.end();
    int end = source.indexOf(source.charAt(begin - 1), begin);
    return Base64.getDecoder()
        .decode(StandardCharsets.ISO_8859_1.encode(CharBuffer.wrap(source, begin, end)).array());
  }

  int size() {
    return pieces.size();
  }

  /** The piece of an id, as in the vocabulary. */
  String piece(int id) {
    return pieces.get(id);
  }

  /**
   * Words to ids, as of words in the middle of a sentence: a space is put before the first.
   *
   * @throws IllegalArgumentException for a blank text
   */
  List<Integer> encode(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("text is blank (expected: words)");
    }
    List<Integer> tokens = new ArrayList<>();
    (SPACE + text.replace(' ', SPACE))
        .codePoints()
        .mapToObj(Character::toString)
        .forEach(character -> {
          Integer id = ids.get(character);
          if (id != null) {
            tokens.add(id);
            return;
          }
          for (byte one : character.getBytes(StandardCharsets.UTF_8)) {
            tokens.add(ids.getOrDefault(String.format("<0x%02X>", one), UNKNOWN));
          }
        });
    while (true) {
      int best = -1;
      int bestRank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < tokens.size(); i++) {
        int rank = ranks.getOrDefault(pair(tokens.get(i), tokens.get(i + 1)), Integer.MAX_VALUE);
        if (rank < bestRank) {
          bestRank = rank;
          best = i;
        }
      }
      if (best < 0) {
        return tokens;
      }
      String merged = pieces.get(tokens.get(best)) + pieces.get(tokens.get(best + 1));
      tokens.set(best, ids.getOrDefault(merged, UNKNOWN));
      tokens.subList(best + 1, best + 2).clear();
    }
  }

  /** Ids to words, without spaces around. Ids that are no pieces, and {@code <s>}, are left out. */
  String decode(List<Integer> tokens) {
    ByteBuffer bytes = ByteBuffer.allocate(tokens.stream().mapToInt(this::length).sum());
    for (int token : tokens) {
      if (token <= END || token >= pieces.size()) {
        continue;
      }
      String piece = pieces.get(token);
      Matcher matcher = BYTE.matcher(piece);
      if (matcher.matches()) {
        bytes.put((byte) Integer.parseInt(matcher.group(1), 16));
      } else {
        bytes.put(piece.replace(SPACE, ' ').getBytes(StandardCharsets.UTF_8));
      }
    }
    return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).strip();
  }

  private int length(int token) {
    return token < pieces.size() ? 3 * pieces.get(token).length() : 0;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }
}
