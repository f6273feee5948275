package dev.earshot.pronunciation;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * How a word that is in no lexicon sounds, by an n-gram model of graphones, letters with what they
 * speak (Bisani and Ney, "Joint-sequence models for grapheme-to-phoneme conversion", 2008). A beam
 * search goes from the first letter to the last. The model's file is described in {@code
 * models/README.md}.
 *
 * <p>Immutable and thread-safe. A word takes some tenths of a millisecond: keep what it gives.
 */
public final class GraphemeToPhoneme {
  private static final byte[] MAGIC = {'E', 'A', 'R', 'S', 'H', 'O', 'T', 'G', '2', 'P', 1};
  private static final int MAX_NODES = 1 << 24;
  private static final int MAX_LETTERS = 40;
  private static final int LETTERS = 128;
  private static final float STEPS = 16;

  /** How many paths are followed; ten find as many best ones, but fewer of the best four. */
  private static final int BEAM = 24;

  private final int order;
  private final byte[][] sounds;

  /** The graphones of each letter. */
  private final short[][] ofLetter;

  private final short[] codes;
  private final byte[] chances;
  private final byte[] weights;
  private final int[] firstChild;

  private GraphemeToPhoneme(
      int order,
      byte[][] sounds,
      short[][] ofLetter,
      short[] codes,
      byte[] chances,
      byte[] weights,
      int[] firstChild) {
    this.order = order;
    this.sounds = sounds;
    this.ofLetter = ofLetter;
    this.codes = codes;
    this.chances = chances;
    this.weights = weights;
    this.firstChild = firstChild;
  }

  /**
   * Reads a model.
   *
   * @param file the bytes of the file
   * @throws IOException if they are not those of a model
   */
  public static GraphemeToPhoneme read(byte[] file) throws IOException {
    try (DataInputStream in =
        new DataInputStream(new GZIPInputStream(new ByteArrayInputStream(file), 1 << 16))) {
      if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
        throw new IOException("not a grapheme-to-phoneme model of format 1");
      }
      int order = in.readUnsignedByte();
      if (order < 1 || order > 16) {
        throw new IOException("order: " + order + " (expected: 1–16)");
      }
      int graphones = in.readUnsignedShort();
      byte[][] sounds = new byte[graphones + 1][];
      sounds[0] = new byte[0];
      List<List<Short>> ofLetter = new ArrayList<>();
      for (int i = 0; i < LETTERS; i++) {
        ofLetter.add(new ArrayList<>());
      }
      for (int code = 1; code <= graphones; code++) {
        int letter = in.readUnsignedByte();
        byte[] sound = in.readNBytes(in.readUnsignedByte());
        for (byte phone : sound) {
          if (phone < 0 || phone >= Phone.COUNT) {
            throw new IOException("graphone " + code + ": no such phone");
          }
        }
        if (letter >= LETTERS) {
          throw new IOException("graphone " + code + ": no such letter");
        }
        sounds[code] = sound;
        ofLetter.get(letter).add((short) code);
      }
      int nodes = in.readInt();
      if (nodes < 1 || nodes > MAX_NODES) {
        throw new IOException("nodes: " + nodes + " (expected: 1–" + MAX_NODES + ")");
      }
      short[] codes = new short[nodes];
      for (int i = 0; i < nodes; i++) {
        codes[i] = in.readShort();
      }
      byte[] chances = in.readNBytes(nodes);
      byte[] weights = in.readNBytes(nodes);
      int[] firstChild = new int[nodes + 1];
      for (int i = 0; i < nodes; i++) {
        firstChild[i] = in.readInt();
        if (firstChild[i] > nodes || firstChild[i] < (i == 0 ? 1 : firstChild[i - 1])) {
          throw new IOException("node " + i + ": its children are out of order");
        }
      }
      firstChild[nodes] = nodes;
      short[][] byLetter = new short[LETTERS][];
      for (int i = 0; i < LETTERS; i++) {
        byLetter[i] = new short[ofLetter.get(i).size()];
        for (int j = 0; j < byLetter[i].length; j++) {
          byLetter[i][j] = ofLetter.get(i).get(j);
        }
      }
      return new GraphemeToPhoneme(order, sounds, byLetter, codes, chances, weights, firstChild);
    }
  }

  /**
   * The likeliest pronunciations of a word.
   *
   * @param word small letters; what the model has not seen, such as digits, is passed over
   * @param most at most so many
   * @return likeliest first; empty if no letter speaks
   */
  public List<Pronunciation> pronounce(CharSequence word, int most) {
    List<Path> paths = new ArrayList<>();
    paths.add(Path.start(order, child(0, 0)));
    List<Path> longer = new ArrayList<>();
    int letters = Math.min(word.length(), MAX_LETTERS);
    for (int i = 0; i < letters; i++) {
      char letter = word.charAt(i);
      short[] graphones = letter < LETTERS ? ofLetter[letter] : ofLetter[0];
      if (graphones.length == 0) {
        continue;
      }
      longer.clear();
      for (Path path : paths) {
        for (short code : graphones) {
          longer.add(extend(path, code));
        }
      }
      paths = likeliest(longer);
    }
    List<Path> ended = new ArrayList<>();
    for (Path path : paths) {
      if (path.phones.length > 0) {
        ended.add(extend(path, 0));
      }
    }
    return distinct(likeliest(ended), most);
  }

  /** The best paths. Of those that speak the same and go on the same, the likelier. */
  private List<Path> likeliest(List<Path> paths) {
    paths.sort(Comparator.comparingDouble(path -> path.bits));
    List<Path> kept = new ArrayList<>(BEAM);
    for (Path path : paths) {
      boolean known = false;
      for (Path before : kept) {
        if (before.goesOnAs(path)) {
          known = true;
          break;
        }
      }
      if (!known) {
        kept.add(path);
        if (kept.size() == BEAM) {
          break;
        }
      }
    }
    return kept;
  }

  private static List<Pronunciation> distinct(List<Path> paths, int most) {
    List<Pronunciation> all = new ArrayList<>();
    for (Path path : paths) {
      Pronunciation pronunciation = Pronunciation.of(path.phones, 0, path.phones.length);
      if (!all.contains(pronunciation)) {
        all.add(pronunciation);
        if (all.size() == most) {
          break;
        }
      }
    }
    return all;
  }

  private Path extend(Path path, int code) {
    float bits = path.bits;
    int length = path.nodes.length - 1;
    // The longest context that has seen this graphone; shorter ones are backed off to.
    for (; length >= 0; length--) {
      int node = path.nodes[length];
      if (node < 0) {
        continue;
      }
      int child = child(node, code);
      if (child >= 0) {
        bits += (chances[child] & 0xff) / STEPS;
        break;
      }
      bits += (weights[node] & 0xff) / STEPS;
    }
    int[] nodes = new int[path.nodes.length];
    for (int i = 0; i + 1 < nodes.length; i++) {
      nodes[i + 1] = path.nodes[i] < 0 ? -1 : child(path.nodes[i], code);
    }
    byte[] sound = sounds[code];
    byte[] phones = Arrays.copyOf(path.phones, path.phones.length + sound.length);
    System.arraycopy(sound, 0, phones, path.phones.length, sound.length);
    return new Path(bits, nodes, phones);
  }

  private int child(int node, int code) {
    int low = firstChild[node];
    int high = firstChild[node + 1] - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = (codes[middle] & 0xffff) - code;
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /** What was spoken so far, how unlikely it is, and where the trie stands for each context. */
  private static final class Path {
    final float bits;

    /** By length of the context: its node, or −1 where it was never seen. */
    final int[] nodes;

    final byte[] phones;

    Path(float bits, int[] nodes, byte[] phones) {
      this.bits = bits;
      this.nodes = nodes;
      this.phones = phones;
    }

    static Path start(int order, int beginning) {
      int[] nodes = new int[order];
      Arrays.fill(nodes, -1);
      nodes[0] = 0;
      if (order > 1) {
        nodes[1] = beginning;
      }
      return new Path(0, nodes, new byte[0]);
    }

    boolean goesOnAs(Path other) {
      return Arrays.equals(phones, other.phones) && Arrays.equals(nodes, other.nodes);
    }
  }
}
