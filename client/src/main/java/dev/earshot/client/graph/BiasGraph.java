package dev.earshot.client.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Bias phrases as an automaton over tokens, for shallow fusion: the decoder adds a score to each
 * token that it considers, so that phrases which are likely to be said next survive its beam.
 *
 * <pre>{@code
 * BiasGraph graph = BiasGraph.builder().phrase(4.0, tokenizer.encode("Meg Bauer")).build();
 * int state = graph.start();
 * for (int token : hypothesis) {
 *   long step = graph.step(state, token);
 *   score += weight * BiasGraph.score(step);
 *   state = BiasGraph.state(step);
 * }
 * score += weight * graph.finish(state);
 * }</pre>
 *
 * <p><b>What a sequence gets.</b> An occurrence of a phrase is a run of tokens equal to one of the
 * phrase's tokenisations. The total of a finished sequence, {@link #finish} included, is
 *
 * <pre>{@code
 * best(n) = max over sets of occurrences that share no token, of the sum of their boosts
 * best(i) = max(best(i−1), max over occurrences (j, i] of best(j) + boost)
 * }</pre>
 *
 * <p>the best cover by weighted interval scheduling (Kleinberg, Tardos, <i>Algorithm Design</i>,
 * 6.1). So "meg bauer" gets the more of boost("meg bauer") and boost("meg") + boost("bauer"), never
 * both: a phrase inside another is not paid twice, a phrase that a longer one begins with keeps
 * what it got when the longer one does not come about, and of two that overlap the better one
 * counts.
 *
 * <p><b>What a token gets.</b> A phrase's boost is shared out evenly over its tokens, so that it
 * helps before the phrase is complete. After i tokens of a sequence
 *
 * <pre>{@code
 * credit(i) = max(0, max over phrases whose first d tokens are the last d, of
 *                    boost · d / length − (best(i) − best(i−d)))
 * score of token i = best(i) − best(i−1) + credit(i) − credit(i−1)
 * finish           = −credit(n)
 * }</pre>
 *
 * <p>A prefix that comes to nothing gives its credit back with the token that breaks it, or when
 * the sequence ends. Since credits are differences of a potential (weight pushing: Mohri, Pereira,
 * Riley, <i>Weighted Finite-State Transducers in Speech Recognition</i>, 2002) they always cancel.
 * Evenly shared boosts with refunds on failure arcs are those of contextual shallow fusion
 * (Williams et al., <i>Contextual Speech Recognition in End-to-End Neural Network Systems Using
 * Beam Search</i>, 2018; Zhao et al., <i>Shallow-Fusion End-to-End Contextual Biasing</i>, 2019)
 * and of the context graphs of k2's icefall and sherpa-onnx; that of sherpa-onnx, though, pays each
 * phrase that ends at a token, those inside others too.
 *
 * <p><b>The automaton</b> is that of Aho and Corasick (<i>Efficient String Matching: An Aid to
 * Bibliographic Search</i>, 1975): a state knows the longest suffix of the sequence that a phrase
 * begins with, and where it has no arc for a token, its failure arc leads to the next shorter one.
 * Here a state also knows best(i) − best(i−d) for each such suffix, which differs only after
 * phrases that overlap in part. Where a list has so many of these that there would be more than
 * three times the states that it has without overlaps, some overlaps are not weighed: the total may
 * then be less than the best cover, never more, and {@link #isExact} says so.
 *
 * <p><b>Words.</b> With {@link Builder#wordBeginnings} a phrase is found only as whole words: it
 * begins where a word begins, and counts when the next token begins a word or the sequence ends;
 * until then its boost is credit.
 *
 * <p>Boosts are natural-log units, rounded to multiples of {@link #RESOLUTION}; scores are
 * multiples of it too, so that their sums are exact. {@link #step} looks a token up by hash in the
 * state and, while it is not there, along at most as many failure arcs as the longest phrase has
 * tokens; over a sequence that is fewer than two lookups a token. Nothing is allocated.
 *
 * <p>Immutable and thread-safe. States are small integers: equal states of one graph have the same
 * future, so hypotheses may be recombined by them. They mean nothing to another graph.
 */
public final class BiasGraph {
  /** What scores are multiples of, in natural-log units: 2⁻¹⁶. */
  public static final double RESOLUTION = 0x1p-16;

  /** The largest boost of a phrase, in natural-log units. */
  public static final double MAX_BOOST = 1_000;

  /** How many states overlaps may add for each state that the phrases have by themselves. */
  static final int STATES_PER_STATE = 2;

  /** The state in which no phrase has begun. */
  static final int NOTHING = 0;

  private final int start;
  private final boolean exact;
  private final @Nullable IntPredicate beginsWord;

  // By state; arcs of state s stand from firstArc[s] to firstArc[s + 1].
  private final int[] firstArc;
  private final int[] failure;
  private final int[] credit;
  private final int[] pending;
  private final int[] ifWordBegins;
  private final int[] ifWordGoesOn;

  // By arc. The score lacks the credit that the state left behind gives back.
  private final int[] arcToken;
  private final int[] arcTarget;
  private final int[] arcScore;

  /** Arcs by hash of state and token, open addressing; −1: free. */
  private final int[] slots;

  BiasGraph(
      int start,
      boolean exact,
      @Nullable IntPredicate beginsWord,
      List<GraphCompiler.CompiledState> states) {
    this.start = start;
    this.exact = exact;
    this.beginsWord = beginsWord;
    int count = states.size();
    firstArc = new int[count + 1];
    failure = new int[count];
    credit = new int[count];
    pending = new int[count];
    ifWordBegins = new int[count];
    ifWordGoesOn = new int[count];
    for (int s = 0; s < count; s++) {
      GraphCompiler.CompiledState state = states.get(s);
      firstArc[s + 1] = firstArc[s] + state.arcs().size();
      failure[s] = state.failure();
      credit[s] = state.credit();
      pending[s] = state.pending();
      ifWordBegins[s] = state.ifWordBegins();
      ifWordGoesOn[s] = state.ifWordGoesOn();
    }
    int arcs = firstArc[count];
    arcToken = new int[arcs];
    arcTarget = new int[arcs];
    arcScore = new int[arcs];
    // At most half full.
    slots = new int[Integer.highestOneBit(Math.max(1, arcs)) << 2];
    java.util.Arrays.fill(slots, -1);
    int arc = 0;
    for (int s = 0; s < count; s++) {
      for (GraphCompiler.CompiledArc compiled : states.get(s).arcs()) {
        arcToken[arc] = compiled.token();
        arcTarget[arc] = compiled.target();
        arcScore[arc] = compiled.score();
        int slot = slot(s, compiled.token());
        while (slots[slot] >= 0) {
          slot = (slot + 1) & (slots.length - 1);
        }
        slots[slot] = arc;
        arc++;
      }
    }
  }

  /** Begins a graph. */
  public static Builder builder() {
    return new Builder();
  }

  /** The state before the first token. */
  public int start() {
    return start;
  }

  /** The state after one more token; any integer, those of no phrase too. */
  public int next(int state, int token) {
    return state(step(state, token));
  }

  /** What one more token adds, in natural-log units; negative where credit is given back. */
  public double score(int state, int token) {
    return score(step(state, token));
  }

  /**
   * Both in one look-up.
   *
   * @return for {@link #state(long)} and {@link #score(long)}
   * @throws IndexOutOfBoundsException if the state is none of this graph's
   */
  public long step(int state, int token) {
    int from = state;
    int gain = -credit[state];
    if (pending[state] != 0) {
      if (beginsWord(token)) {
        gain += pending[state];
        from = ifWordBegins[state];
      } else {
        from = ifWordGoesOn[state];
      }
    }
    while (true) {
      int arc = find(from, token);
      if (arc >= 0) {
        return pack(arcTarget[arc], gain + arcScore[arc]);
      }
      from = failure[from];
      if (from < 0) {
        return pack(NOTHING, gain);
      }
    }
  }

  /** The state that a {@link #step} leads to. */
  public static int state(long step) {
    return (int) (step >>> Integer.SIZE);
  }

  /** What a {@link #step} adds, in natural-log units. */
  public static double score(long step) {
    return (int) step * RESOLUTION;
  }

  /**
   * What the end of the sequence adds: the refund of an unfinished phrase, 0 or less. In a graph
   * that minds words a phrase that ends here is kept.
   */
  public double finish(int state) {
    return (pending[state] - credit[state]) * RESOLUTION;
  }

  /**
   * Adds to each token's score what it adds in a state, for decoders that score their whole
   * vocabulary at once. Takes time in the size of the vocabulary and the arcs.
   *
   * @param scores log probabilities by token id; tokens of phrases beyond its length are passed
   *     over
   * @param weight what to multiply by; 1 where the scores are natural logarithms
   */
  public void addScores(int state, float[] scores, double weight) {
    if (pending[state] != 0) {
      // Two states to go on from, by token: rare enough for a look-up each.
      for (int token = 0; token < scores.length; token++) {
        scores[token] += (float) (weight * score(step(state, token)));
      }
      return;
    }
    float refund = (float) (weight * -credit[state] * RESOLUTION);
    if (refund != 0) {
      for (int token = 0; token < scores.length; token++) {
        scores[token] += refund;
      }
    }
    for (int from = state; from >= 0; from = failure[from]) {
      for (int arc = firstArc[from]; arc < firstArc[from + 1]; arc++) {
        int token = arcToken[arc];
        if (token < scores.length && !isFoundBefore(state, from, token)) {
          scores[token] += (float) (weight * arcScore[arc] * RESOLUTION);
        }
      }
    }
  }

  /** How many states there are: they are numbered from 0. */
  public int states() {
    return failure.length;
  }

  /** Whether totals are the best cover for every sequence; if not, some are less. */
  public boolean isExact() {
    return exact;
  }

  private boolean isFoundBefore(int state, int end, int token) {
    for (int from = state; from != end; from = failure[from]) {
      if (find(from, token) >= 0) {
        return true;
      }
    }
    return false;
  }

  private boolean beginsWord(int token) {
    return beginsWord == null || beginsWord.test(token);
  }

  private int find(int state, int token) {
    int first = firstArc[state];
    int end = firstArc[state + 1];
    if (first == end) {
      return -1;
    }
    int slot = slot(state, token);
    while (true) {
      int arc = slots[slot];
      if (arc < 0 || (arcToken[arc] == token && arc >= first && arc < end)) {
        return arc;
      }
      slot = (slot + 1) & (slots.length - 1);
    }
  }

  private int slot(int state, int token) {
    // Fibonacci hashing: the product's high bits depend on all bits of both.
    long product = (((long) state << Integer.SIZE) ^ token) * 0x9E3779B97F4A7C15L;
    return (int) ((product ^ (product >>> 29)) >>> 32) & (slots.length - 1);
  }

  private static long pack(int state, int score) {
    return ((long) state << Integer.SIZE) | (score & 0xFFFF_FFFFL);
  }

  /** A phrase in one of its tokenisations; the boost in multiples of the resolution. */
  static final class Tokenisation {
    final int[] tokens;
    final int boost;

    private Tokenisation(int[] tokens, int boost) {
      this.tokens = tokens;
      this.boost = boost;
    }
  }

  /** Collects phrases. Not thread-safe. */
  public static final class Builder {
    private final List<Tokenisation> tokenisations = new ArrayList<>();
    private @Nullable IntPredicate beginsWord;

    private Builder() {}

    /**
     * Adds a phrase, or one more tokenisation of a phrase: whichever is met counts. Of equal ones
     * the highest boost counts.
     *
     * @param boost what the whole phrase gains, in natural-log units, 0 to {@link #MAX_BOOST}
     * @param tokens at least one, each 0 or above
     */
    public Builder phrase(double boost, int... tokens) {
      // Written so that NaN is refused too.
      if (!(boost >= 0 && boost <= MAX_BOOST)) {
        throw new IllegalArgumentException(
            "boost: " + boost + " (expected: 0 to " + MAX_BOOST + ")");
      }
      if (tokens.length == 0) {
        throw new IllegalArgumentException("tokens: none (expected: at least one)");
      }
      for (int token : tokens) {
        if (token < 0) {
          throw new IllegalArgumentException("tokens: " + token + " (expected: >= 0)");
        }
      }
      tokenisations.add(new Tokenisation(tokens.clone(), (int) Math.round(boost / RESOLUTION)));
      return this;
    }

    /** Adds a phrase in several tokenisations. */
    public Builder phrase(double boost, List<int[]> tokenisations) {
      tokenisations.forEach(tokens -> phrase(boost, tokens));
      return this;
    }

    /**
     * Finds phrases only as whole words. Default: anywhere.
     *
     * <p>Pieces of SentencePiece begin a word with "▁". Where words are kept apart by a token of
     * its own, that token begins the word, and each phrase is added twice: with it, and without it
     * for the beginning of the sequence, which begins a word with any token.
     *
     * @param beginsWord whether a token begins a word. Asked while decoding too: pure, thread-safe
     */
    public Builder wordBeginnings(IntPredicate beginsWord) {
      this.beginsWord = beginsWord;
      return this;
    }

    /** Makes the graph. Takes some milliseconds for a thousand phrases. */
    public BiasGraph build() {
      return new GraphCompiler(tokenisations, beginsWord).compile();
    }
  }
}
