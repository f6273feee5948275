package dev.earshot.client.graph;

import dev.earshot.client.graph.BiasGraph.Tokenisation;
import java.nio.IntBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Makes the automaton of a {@link BiasGraph}: a subset construction over the trie of the phrases.
 *
 * <p>A state is a list of <i>matches</i>, longest first. A match is a trie node whose path the last
 * tokens of the sequence equal, with what has been paid for these tokens: paid = best(i) −
 * best(i−d). A match that cannot gain any more, because it has no continuation whose boost exceeds
 * what is paid, is dropped; that keeps the states few and finite, for paid is below the largest
 * boost. The failure arc of a state leads to that of its matches without the longest.
 *
 * <p>In a graph that minds words, a state in which a phrase may just have ended is <i>pending</i>:
 * it has no arcs of its own, but leads on as one state if the next token begins a word and as
 * another if not.
 */
final class GraphCompiler {
  /** Below this many states overlaps are never cut. */
  private static final int FEW_STATES = 1_024;

  private static final int ROOT = 0;

  record CompiledArc(int token, int target, int score) {}

  record CompiledState(
      int failure,
      int credit,
      int pending,
      int ifWordBegins,
      int ifWordGoesOn,
      List<CompiledArc> arcs) {}

  private final @Nullable IntPredicate beginsWord;

  // The trie, by node.
  private final List<TreeMap<Integer, Integer>> children = new ArrayList<>();
  private int[] boost = new int[16];
  private int[] largestBelow = new int[16];
  private int[] share = new int[16];

  // The automaton, by state.
  /** States by their matches, each a node and what is paid. Buffers compare by content. */
  private final Map<IntBuffer, Integer> ids = new HashMap<>();

  private final Map<IntBuffer, Integer> pendingIds = new HashMap<>();
  private final List<int[]> matchesOf = new ArrayList<>();
  private final List<@Nullable CompiledState> states = new ArrayList<>();

  /** States to make arcs for: of the phrases themselves; of their overlaps, which come second. */
  private final Deque<Integer> own = new ArrayDeque<>();

  private final Deque<Integer> overlapping = new ArrayDeque<>();
  private int mostStates = Integer.MAX_VALUE;
  private boolean exact = true;

  GraphCompiler(List<Tokenisation> tokenisations, @Nullable IntPredicate beginsWord) {
    this.beginsWord = beginsWord;
    children.add(new TreeMap<>());
    tokenisations.forEach(this::addToTrie);
  }

  BiasGraph compile() {
    int nothing = state(new int[0], own);
    int start = beginsWord == null ? nothing : addStart(nothing);
    while (!own.isEmpty()) {
      expand(own.remove());
    }
    mostStates =
        Math.max(FEW_STATES, Math.multiplyExact(states.size(), BiasGraph.STATES_PER_STATE + 1));
    while (!overlapping.isEmpty()) {
      expand(overlapping.remove());
      while (!own.isEmpty()) {
        expand(own.remove());
      }
    }
    List<CompiledState> compiled = new ArrayList<>(states.size());
    for (CompiledState state : states) {
      if (state == null) {
        throw new IllegalStateException("a state was not expanded");
      }
      compiled.add(state);
    }
    return new BiasGraph(start, exact, beginsWord, compiled);
  }

  private void addToTrie(Tokenisation phrase) {
    if (phrase.boost == 0) {
      return;
    }
    int[] tokens = phrase.tokens;
    int node = ROOT;
    for (int depth = 1; depth <= tokens.length; depth++) {
      largestBelow[node] = Math.max(largestBelow[node], phrase.boost);
      Integer child = children.get(node).get(tokens[depth - 1]);
      if (child == null) {
        child = children.size();
        children.get(node).put(tokens[depth - 1], child);
        children.add(new TreeMap<>());
        grow(child);
      }
      node = child;
      int part = (int) Math.round((double) phrase.boost * depth / tokens.length);
      share[node] = Math.max(share[node], part);
    }
    boost[node] = Math.max(boost[node], phrase.boost);
  }

  private void grow(int node) {
    if (node >= boost.length) {
      boost = Arrays.copyOf(boost, 2 * node);
      largestBelow = Arrays.copyOf(largestBelow, 2 * node);
      share = Arrays.copyOf(share, 2 * node);
    }
  }

  /** The sequence's beginning is a word's with any token, so it alone has arcs for all of them. */
  private int addStart(int nothing) {
    List<CompiledArc> arcs = new ArrayList<>();
    for (Map.Entry<Integer, Integer> child : children.get(ROOT).entrySet()) {
      if (!beginsWord(child.getKey())) {
        arcs.add(arc(child.getKey(), new int[] {child.getValue(), 0}));
      }
    }
    if (arcs.isEmpty()) {
      return nothing;
    }
    int start = states.size();
    matchesOf.add(new int[0]);
    states.add(new CompiledState(nothing, 0, 0, start, start, arcs));
    return start;
  }

  private void expand(int id) {
    if (states.get(id) != null) {
      return;
    }
    int[] matches = matchesOf.get(id);
    List<CompiledArc> arcs = new ArrayList<>();
    if (matches.length == 0) {
      for (Map.Entry<Integer, Integer> child : children.get(ROOT).entrySet()) {
        if (beginsWord(child.getKey())) {
          arcs.add(arc(child.getKey(), new int[] {child.getValue(), 0}));
        }
      }
      states.set(id, new CompiledState(-1, 0, 0, id, id, arcs));
      return;
    }
    for (int token : children.get(matches[0]).keySet()) {
      arcs.add(arc(token, advance(matches, token)));
    }
    int failure = state(Arrays.copyOfRange(matches, 2, matches.length), overlapping);
    states.set(id, new CompiledState(failure, credit(matches), 0, id, id, arcs));
  }

  /** The matches that one more token continues or begins. */
  private int[] advance(int[] matches, int token) {
    int[] advanced = new int[matches.length + 2];
    int length = 0;
    for (int m = 0; m < matches.length; m += 2) {
      Integer child = children.get(matches[m]).get(token);
      if (child != null) {
        advanced[length++] = child;
        advanced[length++] = matches[m + 1];
      }
    }
    Integer first = children.get(ROOT).get(token);
    if (first != null && beginsWord(token)) {
      advanced[length++] = first;
      advanced[length++] = 0;
    }
    return Arrays.copyOf(advanced, length);
  }

  private CompiledArc arc(int token, int[] matches) {
    int gain = 0;
    for (int m = 0; m < matches.length; m += 2) {
      gain = Math.max(gain, boost[matches[m]] - matches[m + 1]);
    }
    if (beginsWord != null && gain > 0) {
      return new CompiledArc(token, pendingState(matches, gain), credit(matches));
    }
    int target = paidState(matches, gain);
    return new CompiledArc(token, target, gain + credit(matchesOf.get(target)));
  }

  /** The state after a gain. It is a phrase's own while its longest match goes on. */
  private int paidState(int[] matches, int gain) {
    int[] paid = pay(matches, gain);
    return state(paid, paid.length > 0 && paid[0] == matches[0] ? own : overlapping);
  }

  /** Adds a gain to what has been paid, and drops the matches that cannot gain any more. */
  private int[] pay(int[] matches, int gain) {
    int[] kept = new int[matches.length];
    int length = 0;
    for (int m = 0; m < matches.length; m += 2) {
      int paid = matches[m + 1] + gain;
      if (paid < largestBelow[matches[m]]) {
        kept[length++] = matches[m];
        kept[length++] = paid;
      }
    }
    return Arrays.copyOf(kept, length);
  }

  private int credit(int[] matches) {
    int credit = 0;
    for (int m = 0; m < matches.length; m += 2) {
      credit = Math.max(credit, share[matches[m]] - matches[m + 1]);
    }
    return credit;
  }

  /** The state of these matches; made and queued if it is new. */
  private int state(int[] matches, Deque<Integer> queue) {
    IntBuffer key = IntBuffer.wrap(matches);
    Integer known = ids.get(key);
    if (known != null) {
      if (states.get(known) == null) {
        // It may wait among the overlaps, and turn out to be a phrase's own.
        queue.add(known);
      }
      return known;
    }
    if (states.size() >= mostStates) {
      // A match that is given up can only make totals smaller. The state without any exists.
      exact = false;
      return state(Arrays.copyOfRange(matches, 2, matches.length), queue);
    }
    int id = states.size();
    ids.put(key, id);
    matchesOf.add(matches);
    states.add(null);
    queue.add(id);
    return id;
  }

  /** The state after what may be the end of a phrase, if a word ends there. */
  private int pendingState(int[] matches, int gain) {
    int[] open = new int[matches.length];
    int length = 0;
    for (int m = 0; m < matches.length; m += 2) {
      int worth = Math.max(boost[matches[m]], largestBelow[matches[m]]);
      if (matches[m + 1] < worth) {
        open[length++] = matches[m];
        open[length++] = matches[m + 1];
      }
    }
    IntBuffer key = IntBuffer.wrap(open, 0, length);
    Integer known = pendingIds.get(key);
    if (known != null) {
      return known;
    }
    int ifWordBegins = paidState(matches, gain);
    int ifWordGoesOn = paidState(matches, 0);
    int id = states.size();
    pendingIds.put(key, id);
    matchesOf.add(matches);
    states.add(new CompiledState(-1, credit(matches), gain, ifWordBegins, ifWordGoesOn, List.of()));
    return id;
  }

  private boolean beginsWord(int token) {
    return beginsWord == null || beginsWord.test(token);
  }
}
