package dev.earshot.rescore;

import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.PhraseSource;
import dev.earshot.pronunciation.Lexicon;
import dev.earshot.pronunciation.Pronouncer;
import dev.earshot.pronunciation.Pronunciation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds where the hypotheses of an n-best hold a phrase, or words that sound like one.
 *
 * <p>Spans of whole words are compared with phrases by their phones, wherever the borders of words
 * lie in between ("meg power" and "mac bower" with "Meg Bauer"). The n-best's hypotheses share most
 * of their spans, so each span is compared once, with all phrases side by side, and what spans
 * begin with is compared once for them all. Of what is near enough, what has too many other phones
 * by class is ruled out.
 *
 * <p>Not thread-safe: it owns its buffers.
 */
final class CandidateFinder {
  /** Up to which share of the longer one's phones a distance is of interest in an n-best. */
  private static final float MAX_DISTANCE = 0.5f;

  /** The same of a single hypothesis, where nothing tells what is near by chance. */
  private static final float MAX_DISTANCE_ALONE = 0.4f;

  /** By how much less, for each ten times more than a hundred phrases: chance finds more, too. */
  private static final float STRICTER = 0.1f;

  /**
   * Up to which share of the longer one's phones their numbers by class may differ. An edit from
   * one class to another, which counts twice here, mostly costs 0.6 to 1.
   */
  private static final float MAX_CLASS_DIFFERENCE = 0.6f;

  private static final int MAX_SPAN_WORDS = 6;
  private static final int LEAST_PHONES = 2;

  /** Up to so many words a span is compared by more than its likeliest sound. */
  private static final int MAX_VARIED_WORDS = 1;

  private static final double[] LOGARITHMS =
      IntStream.rangeClosed(0, PhoneDistance.MAX_PHONES).mapToDouble(Math::log).toArray();

  private static final int MAX_CANDIDATES = 48;
  private static final int MAX_CANDIDATES_ALONE = 32;

  private final Pronouncer pronouncer;
  private final LaneDistance laneDistance = new LaneDistance(MAX_SPAN_WORDS);
  private final PhoneDistance oneByOne = new PhoneDistance();

  /** By the longer one's phones, up to which distance a pair is of interest, in units. */
  private final int[] limits = new int[PhoneDistance.MAX_PHONES + 1];

  CandidateFinder(Pronouncer pronouncer) {
    this.pronouncer = pronouncer;
  }

  /** A run of words that occurs in some hypothesis, and the phrases that sound like it. */
  private static final class Span {
    private static final long[] NONE = {};

    final List<SpokenWord> words;

    /** The last of the words. */
    final SpokenWord last;

    final byte[][] sounds;

    /** The {@link PhoneSignature} of each sound once it is asked for; 0: not yet. */
    final long[] signatures;

    /** The phones of the likeliest sound, and how many of them it begins with. */
    final byte[] phones;

    final int begun;

    /** The spans of one word more. */
    final List<Span> longer = new ArrayList<>(2);

    /** Which sounds of phrases its own are near, packed by {@link #addNear}. */
    long[] near = NONE;

    int nears;
    List<Match> matches = List.of();

    /** The phrase that stands there, or −1. */
    final int exact;

    double posterior;

    /** The last hypothesis that it was counted for. */
    int countedFor = -1;

    private @Nullable String text;

    /**
     * @param before what all but the last word are; null: nothing
     */
    Span(List<SpokenWord> words, @Nullable Span before, int exact) {
      this.words = words;
      this.last = words.get(words.size() - 1);
      this.begun = before == null ? 0 : before.phones.length;
      this.phones = before == null ? sound(last, 0) : then(before.phones, sound(last, 0));
      this.sounds = sounds(words, phones);
      this.signatures = new long[sounds.length];
      this.exact = exact;
    }

    /** The words with single spaces. */
    String text() {
      String joined = text;
      if (joined == null) {
        joined = words.stream().map(SpokenWord::text).collect(Collectors.joining(" "));
        text = joined;
      }
      return joined;
    }

    long signature(int sound) {
      if (signatures[sound] == 0) {
        signatures[sound] = PhoneSignature.of(sounds[sound], 0, sounds[sound].length);
      }
      return signatures[sound];
    }

    /** In one number, so that sorting them sorts by the span's sound, then by the phrase's. */
    void addNear(int sound, int variant, int units) {
      if (nears == near.length) {
        near = Arrays.copyOf(near, Math.max(8, nears * 2));
      }
      near[nears++] = ((long) sound << 56) | ((long) variant << 24) | units;
    }

    private static int soundOf(long near) {
      return (int) (near >>> 56);
    }

    private static int variantOf(long near) {
      return (int) (near >>> 24);
    }

    private static int unitsOf(long near) {
      return (int) near & 0xffffff;
    }

    /** The span of one word more, or null. */
    @Nullable Span longerBy(SpokenWord word) {
      for (Span span : longer) {
        if (span.last.text().equals(word.text())) {
          return span;
        }
      }
      return null;
    }

    /** The ways of saying some words: two of one word, else the likeliest. */
    private static byte[][] sounds(List<SpokenWord> words, byte[] first) {
      if (first.length < LEAST_PHONES) {
        return new byte[0][];
      }
      if (words.size() <= MAX_VARIED_WORDS && words.get(0).sounds().size() > 1) {
        return new byte[][] {first, sound(words.get(0), 1)};
      }
      return new byte[][] {first};
    }

    private static byte[] sound(SpokenWord word, int choice) {
      if (word.sounds().isEmpty()) {
        return new byte[0];
      }
      Pronunciation sound = word.sounds().get(choice);
      byte[] phones = new byte[Math.min(PhoneDistance.MAX_PHONES, sound.length())];
      for (int i = 0; i < phones.length; i++) {
        phones[i] = (byte) sound.codeAt(i);
      }
      return phones;
    }

    private static byte[] then(byte[] phones, byte[] next) {
      int length = Math.min(PhoneDistance.MAX_PHONES, phones.length + next.length);
      byte[] both = Arrays.copyOf(phones, length);
      System.arraycopy(next, 0, both, phones.length, length - phones.length);
      return both;
    }
  }

  /** A phrase that a span sounds like, by the best of their variants. */
  private static final class Match {
    final int phrase;
    float distance;
    float total;
    boolean sameFirst;
    boolean sameLast;
    int spanPhones;
    int phrasePhones;

    Match(int phrase) {
      this.phrase = phrase;
      this.distance = Float.MAX_VALUE;
    }
  }

  /** A span where it stands. */
  private record Place(Span span, int hypothesis, int firstWord, int lastWord) {}

  /** The n-best, read. */
  private static final class Heard {
    final List<HypothesisText> texts = new ArrayList<>();
    final List<List<SpokenWord>> words = new ArrayList<>();
    double[] gaps = {};
    double[] posteriors = {};
    int best;

    /** The spans of one word, by the word. */
    final Map<String, Span> beginnings = new HashMap<>();

    final List<Span> spans = new ArrayList<>();

    final List<List<Place>> places = new ArrayList<>();

    /** By hypothesis, the places where a phrase stands as it is. */
    final List<List<Place>> exact = new ArrayList<>();

    int[] phones = {};
  }

  /**
   * The candidates of an n-best.
   *
   * @param texts the hypotheses' words
   * @param scores in natural-log units
   * @param best the recogniser's best
   * @return in no order; at most some dozens
   */
  List<Candidate> find(
      List<HypothesisText> texts,
      double[] scores,
      int best,
      PhraseTable phrases,
      ContextMatch context) {
    if (phrases.size() == 0) {
      return List.of();
    }
    Heard heard = read(texts, scores, best, phrases);
    float most = mostDistance(texts.size(), phrases);
    compare(heard.beginnings.values(), phrases, most);
    for (Span span : heard.spans) {
      match(span, phrases, most);
    }
    return candidates(heard, phrases, context);
  }

  private Heard read(List<HypothesisText> texts, double[] scores, int best, PhraseTable phrases) {
    Heard heard = new Heard();
    heard.best = best;
    heard.gaps = new double[scores.length];
    heard.posteriors = new double[scores.length];
    double sum = 0;
    for (int i = 0; i < scores.length; i++) {
      heard.gaps[i] = scores[best] - scores[i];
      heard.posteriors[i] = Math.exp(-Math.max(0, heard.gaps[i]));
      sum += heard.posteriors[i];
    }
    Map<String, SpokenWord> known = new HashMap<>();
    int spanWords = Math.min(MAX_SPAN_WORDS, phrases.mostWords() + 2);
    heard.phones = new int[scores.length];
    for (int i = 0; i < scores.length; i++) {
      heard.posteriors[i] /= sum;
      HypothesisText text = texts.get(i);
      List<SpokenWord> words = new ArrayList<>(text.size());
      for (String word : text.words()) {
        words.add(known.computeIfAbsent(word, this::spoken));
      }
      heard.texts.add(text);
      heard.words.add(words);
      List<Place> places = new ArrayList<>();
      for (int from = 0; from < words.size(); from++) {
        if (text.canBegin(from)) {
          addPlaces(heard, i, from, Math.min(words.size(), from + spanWords), phrases, places);
        }
        List<Pronunciation> sounds = words.get(from).sounds();
        heard.phones[i] += sounds.isEmpty() ? 0 : sounds.get(0).length();
      }
      heard.places.add(places);
      List<Place> exact = new ArrayList<>(2);
      for (Place place : places) {
        if (place.span.exact >= 0) {
          exact.add(place);
        }
      }
      heard.exact.add(exact);
    }
    for (int i = 0; i < scores.length; i++) {
      for (Place place : heard.places.get(i)) {
        // A span that stands twice in a hypothesis counts once.
        if (place.span.countedFor != i) {
          place.span.countedFor = i;
          place.span.posterior += heard.posteriors[i];
        }
      }
    }
    return heard;
  }

  /** The spans of a hypothesis that begin with one word. */
  private static void addPlaces(
      Heard heard, int hypothesis, int from, int end, PhraseTable phrases, List<Place> places) {
    List<SpokenWord> words = heard.words.get(hypothesis);
    StringBuilder joined = new StringBuilder();
    Span before = null;
    for (int to = from + 1; to <= end; to++) {
      SpokenWord word = words.get(to - 1);
      joined.append(joined.length() > 0 ? " " : "").append(word.text());
      Span span = before == null ? heard.beginnings.get(word.text()) : before.longerBy(word);
      if (span == null) {
        int exact = to - from > phrases.mostWords() ? -1 : phrases.indexOf(joined.toString());
        span = new Span(words.subList(from, to), before, exact);
        heard.spans.add(span);
        if (before == null) {
          heard.beginnings.put(word.text(), span);
        } else {
          before.longer.add(span);
        }
      }
      if (heard.texts.get(hypothesis).canEnd(to)) {
        places.add(new Place(span, hypothesis, from, to));
      }
      before = span;
    }
  }

  private SpokenWord spoken(String word) {
    Lexicon lexicon = pronouncer.lexicon();
    int number = lexicon.find(word);
    return new SpokenWord(
        word, pronouncer.pronounceWord(word), lexicon.zipf(number), number >= 0, WordStem.of(word));
  }

  /** Up to which share of the longer one's phones a distance is of interest. */
  private static float mostDistance(int hypotheses, PhraseTable phrases) {
    float most = hypotheses == 1 ? MAX_DISTANCE_ALONE : MAX_DISTANCE;
    return most - STRICTER * (float) Math.max(0, Math.log10(phrases.size() / 100.0));
  }

  /** Finds which phrases' sounds are near those of each span. */
  private void compare(Collection<Span> beginnings, PhraseTable phrases, float most) {
    for (int longer = 0; longer < limits.length; longer++) {
      limits[longer] = (int) (most * longer / PhoneDistance.UNIT);
    }
    for (PhraseLanes lanes : phrases.lanes()) {
      laneDistance.begin(lanes);
      for (Span span : beginnings) {
        compare(span, 0, lanes, phrases);
      }
    }
  }

  private void compare(Span span, int level, PhraseLanes lanes, PhraseTable phrases) {
    for (int sound = 1; sound < span.sounds.length; sound++) {
      byte[] phones = span.sounds[sound];
      laneDistance.extend(level, phones, 0, phones.length);
      near(span, sound, level + 1, lanes, phrases);
    }
    laneDistance.extend(level, span.phones, span.begun, span.phones.length);
    if (span.sounds.length > 0) {
      near(span, 0, level + 1, lanes, phrases);
    }
    for (Span longer : span.longer) {
      compare(longer, level + 1, lanes, phrases);
    }
  }

  private void near(Span span, int sound, int level, PhraseLanes lanes, PhraseTable phrases) {
    int spanPhones = span.sounds[sound].length;
    int[] runs = lanes.runs();
    for (int run = 0; run < runs.length - 1; run++) {
      int end = runs[run + 1];
      int length = lanes.lengths()[runs[run]];
      int longer = Math.max(spanPhones, length);
      int limit = limits[longer];
      int lane = laneDistance.next(level, length, runs[run], end, limit);
      while (lane < end) {
        int variant = lanes.variants()[lane];
        if (PhoneSignature.difference(span.signature(sound), phrases.signature(variant))
            <= MAX_CLASS_DIFFERENCE * longer + 1) {
          int units = laneDistance.total(level, length, lane);
          if (units == LaneDistance.MOST) {
            units = exact(span.sounds[sound], phrases, variant);
          }
          if (units <= limit) {
            span.addNear(sound, variant, units);
          }
        }
        lane = laneDistance.next(level, length, lane + 1, end, limit);
      }
    }
  }

  /** The distance of what is too long to be compared side by side. */
  private int exact(byte[] sound, PhraseTable phrases, int variant) {
    float distance =
        oneByOne.between(
            sound,
            0,
            sound.length,
            phrases.phones(),
            phrases.start(variant),
            phrases.length(variant),
            2 * PhoneDistance.MAX_PHONES);
    return (int) (distance / PhoneDistance.UNIT);
  }

  private static void match(Span span, PhraseTable phrases, float most) {
    if (span.nears == 0 && phrases.unspoken().length == 0) {
      return;
    }
    Map<Integer, Match> found = new HashMap<>();
    Arrays.sort(span.near, 0, span.nears);
    for (int i = 0; i < span.nears; i++) {
      long near = span.near[i];
      int variant = Span.variantOf(near);
      byte[] sound = span.sounds[Span.soundOf(near)];
      int length = phrases.length(variant);
      float total = Span.unitsOf(near) * PhoneDistance.UNIT;
      float distance = total / Math.max(length, sound.length);
      if (distance > most) {
        continue;
      }
      Match match = found.computeIfAbsent(phrases.owner(variant), Match::new);
      if (distance < match.distance) {
        int start = phrases.start(variant);
        match.distance = distance;
        match.total = total;
        match.spanPhones = sound.length;
        match.phrasePhones = length;
        match.sameFirst = sound[0] == phrases.phones()[start];
        match.sameLast = sound[sound.length - 1] == phrases.phones()[start + length - 1];
      }
    }
    for (int phrase : phrases.unspoken()) {
      spell(span, phrases.joined(phrase), most, found.computeIfAbsent(phrase, Match::new));
    }
    if (phrases.unspoken().length > 0) {
      found.values().removeIf(match -> match.distance > most);
    }
    span.matches = new ArrayList<>(found.values());
  }

  /** Where no sound is known letters stand for phones. */
  private static void spell(Span span, String phrase, float most, Match match) {
    String text = span.text();
    int letters = text.length();
    if (Math.abs(letters - phrase.length()) > most * Math.max(letters, phrase.length())) {
      return;
    }
    match.distance = spelling(text, phrase);
    match.spanPhones = letters;
    match.phrasePhones = phrase.length();
    match.total = match.distance * Math.max(letters, phrase.length());
    match.sameFirst = text.charAt(0) == phrase.charAt(0);
    match.sameLast = text.charAt(letters - 1) == phrase.charAt(phrase.length() - 1);
  }

  private List<Candidate> candidates(Heard heard, PhraseTable phrases, ContextMatch context) {
    int hypotheses = heard.texts.size();
    int size = phrases.size();
    float[] anywhere = new float[size];
    float[] inBest = new float[size];
    double[] posteriorExact = new double[size];
    @Nullable Place[] placeInBest = new @Nullable Place[size];
    Arrays.fill(anywhere, 1);
    Arrays.fill(inBest, 1);
    int heldInBest = 0;
    float[][] nearest = new float[hypotheses][size];
    float[][] second = new float[hypotheses][size];
    boolean[] exactInBest = new boolean[size];
    int[] counted = new int[size];
    for (int h = 0; h < hypotheses; h++) {
      Arrays.fill(nearest[h], 1);
      Arrays.fill(second[h], 1);
      for (Place place : heard.places.get(h)) {
        int exact = place.span.exact;
        if (exact >= 0) {
          anywhere[exact] = 0;
          if (counted[exact] != h + 1) {
            counted[exact] = h + 1;
            posteriorExact[exact] += heard.posteriors[h];
            heldInBest += h == heard.best ? 1 : 0;
          }
          if (h == heard.best) {
            exactInBest[exact] = true;
            inBest[exact] = 0;
          }
        }
        for (Match match : place.span.matches) {
          anywhere[match.phrase] = Math.min(anywhere[match.phrase], match.distance);
          if (match.distance < nearest[h][match.phrase]) {
            second[h][match.phrase] = nearest[h][match.phrase];
            nearest[h][match.phrase] = match.distance;
          } else {
            second[h][match.phrase] = Math.min(second[h][match.phrase], match.distance);
          }
          if (h == heard.best && match.distance < inBest[match.phrase]) {
            inBest[match.phrase] = match.distance;
            placeInBest[match.phrase] = place;
          }
        }
      }
    }
    int most = hypotheses == 1 ? MAX_CANDIDATES_ALONE : MAX_CANDIDATES;
    Drafts drafts = new Drafts(most);
    for (int h = 0; h < hypotheses; h++) {
      for (Place place : heard.places.get(h)) {
        int exact = place.span.exact;
        if (exact >= 0) {
          if (h != heard.best && !exactInBest[exact]) {
            double promise = 0.02 * heard.gaps[h] - 0.5;
            drafts.add(place, null, exact, placeInBest[exact], promise);
          }
          continue;
        }
        for (Match match : place.span.matches) {
          // What is nearer in the best hypothesis need not be put into another one.
          if (h == heard.best || match.distance < inBest[match.phrase]) {
            // Which candidates are worth the scorer's time: the smaller the better.
            double promise =
                match.distance + 0.02 * heard.gaps[h] - 0.06 * logarithm(match.phrasePhones);
            drafts.add(place, match, match.phrase, place, promise);
          }
        }
      }
    }
    List<Candidate> all = new ArrayList<>(most);
    for (Draft draft : drafts.best()) {
      Candidate candidate =
          candidate(heard, phrases, context, draft, anywhere, inBest, posteriorExact);
      float[] x = candidate.features();
      x[Feature.HELD_IN_BEST.index()] = (float) Math.log1p(heldInBest);
      int h = candidate.hypothesis();
      float other =
          candidate.feature(Feature.DISTANCE) > nearest[h][draft.phrase]
              ? nearest[h][draft.phrase]
              : second[h][draft.phrase];
      x[Feature.SPAN_MARGIN.index()] =
          candidate.isExact() ? 0.5f : Math.min(0.5f, other - candidate.feature(Feature.DISTANCE));
      all.add(candidate);
    }
    return all;
  }

  /** A candidate before its features are worked out. */
  private record Draft(
      Place place,
      @Nullable Match match,
      int phrase,
      @Nullable Place replaced,
      double promise,
      int number) {}

  /** The most promising drafts of many; of equals those that came first. */
  private static final class Drafts {
    private static final Comparator<Draft> FIRST = Comparator.comparingInt(Draft::number);
    private static final Comparator<Draft> BEST =
        Comparator.comparingDouble(Draft::promise).thenComparing(FIRST);

    private final int most;
    private final PriorityQueue<Draft> worstFirst;
    private int count;
    private double worst = Double.POSITIVE_INFINITY;

    Drafts(int most) {
      this.most = most;
      worstFirst = new PriorityQueue<>(most + 1, BEST.reversed());
    }

    void add(
        Place place, @Nullable Match match, int phrase, @Nullable Place replaced, double promise) {
      int number = count++;
      if (number >= most && promise >= worst) {
        return;
      }
      worstFirst.add(new Draft(place, match, phrase, replaced, promise, number));
      if (worstFirst.size() > most) {
        worstFirst.remove();
      }
      worst = worstFirst.element().promise;
    }

    /** All in the order in which they came or, if there were too many, the best ones first. */
    List<Draft> best() {
      List<Draft> best = new ArrayList<>(worstFirst);
      best.sort(count > most ? BEST : FIRST);
      return best;
    }
  }

  private static Candidate candidate(
      Heard heard,
      PhraseTable phrases,
      ContextMatch context,
      Draft draft,
      float[] anywhere,
      float[] inBest,
      double[] posteriorExact) {
    float[] x = new float[Feature.COUNT];
    Place place = draft.place;
    Match match = draft.match;
    Place replaced = draft.replaced;
    int phrase = draft.phrase;
    BiasPhrase biasPhrase = phrases.phrase(phrase);
    boolean isExact = match == null;
    int h = place.hypothesis;
    List<SpokenWord> before = replaced == null ? List.of() : replaced.span.words;
    if (match != null) {
      x[Feature.DISTANCE.index()] = match.distance;
      x[Feature.DISTANCE_TOTAL.index()] = match.total;
      x[Feature.SPELLING.index()] = spelling(place.span.text(), phrases.joined(phrase));
      x[Feature.SAME_FIRST.index()] = match.sameFirst ? 1 : 0;
      x[Feature.SAME_LAST.index()] = match.sameLast ? 1 : 0;
      x[Feature.LENGTH_DIFFERENCE.index()] =
          Math.abs(match.spanPhones - match.phrasePhones)
              / (float) Math.max(match.spanPhones, match.phrasePhones);
      x[Feature.PHRASE_PHONES.index()] = (float) Math.log(match.phrasePhones);
      x[Feature.COVERAGE.index()] = match.spanPhones / (float) Math.max(1, heard.phones[h]);
      x[Feature.MARGIN.index()] = margin(place.span, match);
    } else {
      int phones =
          biasPhrase.pronunciations().isEmpty() ? 1 : biasPhrase.pronunciations().get(0).length();
      x[Feature.SAME_FIRST.index()] = 1;
      x[Feature.SAME_LAST.index()] = 1;
      x[Feature.PHRASE_PHONES.index()] = (float) Math.log(Math.max(1, phones));
      x[Feature.COVERAGE.index()] = phones / (float) Math.max(phones, heard.phones[h]);
      x[Feature.MARGIN.index()] = 0.5f;
    }
    int phraseWords = Math.max(1, phrases.stems(phrase).size());
    x[Feature.PHRASE_WORDS.index()] = phraseWords;
    x[Feature.SPAN_WORDS.index()] = before.size();
    x[Feature.SAME_WORDS.index()] = before.size() == phraseWords ? 1 : 0;
    float zipfSum = 0;
    float zipfLeast = 8;
    int inPhrases = 0;
    boolean listed = true;
    for (SpokenWord word : before) {
      zipfSum += word.zipf();
      zipfLeast = Math.min(zipfLeast, word.zipf());
      listed &= word.listed();
      inPhrases += phrases.hasWord(word.text()) ? 1 : 0;
    }
    if (before.isEmpty()) {
      zipfLeast = 0;
    }
    x[Feature.ZIPF_MEAN.index()] = zipfSum / Math.max(1, before.size());
    x[Feature.ZIPF_LEAST.index()] = zipfLeast;
    x[Feature.LISTED.index()] = listed ? 1 : 0;
    x[Feature.SPAN_IN_PHRASES.index()] = inPhrases / (float) Math.max(1, before.size());
    if (!isExact) {
      for (Place other : heard.exact.get(h)) {
        if (place.firstWord < other.lastWord && other.firstWord < place.lastWord) {
          x[Feature.BREAKS_EXACT.index()] = 1;
        }
      }
      List<String> stems = phrases.stems(phrase);
      x[Feature.SAME_STEMS.index()] = hasStems(before, stems) ? 1 : 0;
      List<SpokenWord> all = heard.words.get(h);
      boolean doubles =
          (place.firstWord > 0 && stems.contains(all.get(place.firstWord - 1).stem()))
              || (place.lastWord < all.size() && stems.contains(all.get(place.lastWord).stem()));
      x[Feature.DOUBLES_NEIGHBOUR.index()] = doubles ? 1 : 0;
    }
    x[Feature.EXACT.index()] = isExact ? 1 : 0;
    x[Feature.SCORE_GAP.index()] = (float) Math.min(30, heard.gaps[h]);
    x[Feature.POSTERIOR_EXACT.index()] = (float) posteriorExact[phrase];
    x[Feature.POSTERIOR_SPAN.index()] = replaced == null ? 0 : (float) replaced.span.posterior;
    x[Feature.DISTANCE_ANYWHERE.index()] = anywhere[phrase];
    x[Feature.DISTANCE_IN_BEST.index()] = inBest[phrase];
    x[Feature.HYPOTHESES.index()] = (float) Math.log(heard.texts.size());
    x[Feature.PHRASES.index()] = (float) Math.log(phrases.size());
    x[Feature.WORDS_OF_PHRASES.index()] = phrases.meanWords();
    x[Feature.UTTERANCE_WORDS.index()] = (float) Math.log(1 + heard.words.get(h).size());
    x[Feature.FROM_REQUEST.index()] = biasPhrase.source() == PhraseSource.REQUEST ? 1 : 0;
    x[Feature.FROM_REPLY.index()] = biasPhrase.source() == PhraseSource.REPLY ? 1 : 0;
    x[Feature.FROM_DIALOGUE.index()] = biasPhrase.source() == PhraseSource.DIALOGUE ? 1 : 0;
    x[Feature.FROM_PROFILE.index()] = biasPhrase.source() == PhraseSource.PROFILE ? 1 : 0;
    x[Feature.BOOST.index()] = (float) biasPhrase.boost();
    if (context.isKnown()) {
      x[Feature.CONTEXT.index()] = context.similarity(h) - context.similarity(heard.best);
    }
    return new Candidate(h, place.firstWord, place.lastWord, phrase, isExact, x);
  }

  private static boolean hasStems(List<SpokenWord> words, List<String> stems) {
    boolean same = words.size() == stems.size();
    for (int i = 0; same && i < stems.size(); i++) {
      same = words.get(i).stem().equals(stems.get(i));
    }
    return same;
  }

  private static double logarithm(int phones) {
    return phones < LOGARITHMS.length ? LOGARITHMS[phones] : Math.log(phones);
  }

  private static float margin(Span span, Match match) {
    float next = match.distance + 0.5f;
    for (Match other : span.matches) {
      if (other != match) {
        next = Math.min(next, other.distance);
      }
    }
    return next - match.distance;
  }

  /** Levenshtein's distance of letters, spaces left out, by the longer one's length. */
  static float spelling(String a, String b) {
    String x = a.replace(" ", "");
    String y = b.replace(" ", "");
    int[] row = new int[y.length() + 1];
    for (int j = 0; j <= y.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= x.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= y.length(); j++) {
        int cost = diagonal + (x.charAt(i - 1) == y.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(cost, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[y.length()] / (float) Math.max(1, Math.max(x.length(), y.length()));
  }
}
