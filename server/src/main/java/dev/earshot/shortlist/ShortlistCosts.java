package dev.earshot.shortlist;

import dev.earshot.batch.Admission;
import dev.earshot.batch.BatchPlan;
import dev.earshot.batch.CostModel;
import dev.earshot.batch.CostModel.Line;
import dev.earshot.batch.CostModel.Observation;
import dev.earshot.deadline.Ticker;
import dev.earshot.model.LoadReport.WarmShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the stages of a shortlist take, by the shape buckets that decide it: encoding by the words
 * of a text and the number of texts, attention by the enabled skills of the user who has most,
 * classification by the number of skills asked for, handing over by the number of answers.
 *
 * <p>Thread-safe.
 */
final class ShortlistCosts {
  /** Columns of a bucket are a power of two from here on. */
  private static final int FIRST_BITS = 3;

  private static final int WORD_BUCKETS = 8;
  private static final int ENABLED_BUCKETS = 9;

  /** Numbers of skills that are asked of the graph, so that few tensor shapes come up. */
  private static final int[] K_BUCKETS = {5, 10, 20, 50, 100};

  /** Of a context-free answer and of a common user, where the batch is not known yet. */
  private static final int COMMON_ENABLED = 16;

  /** Before any answer was handed over; later the fit knows. */
  private static final List<Observation> HANDING_OVER =
      List.of(new Observation(1, 30_000), new Observation(16, 300_000));

  private final CostModel[] encode = new CostModel[WORD_BUCKETS];
  private final CostModel[] attend = new CostModel[ENABLED_BUCKETS];
  private final CostModel[] classify = new CostModel[K_BUCKETS.length];
  private final CostModel handOver;
  private final int batchMax;
  private final long plannedRunNanos;
  private final Ticker ticker;

  /**
   * @param warm what was measured while warming
   * @param plannedRunNanos what a batch of several may be predicted to take
   */
  ShortlistCosts(List<WarmShape> warm, int batchMax, long plannedRunNanos, Ticker ticker) {
    this.batchMax = batchMax;
    this.plannedRunNanos = plannedRunNanos;
    this.ticker = ticker;
    for (int i = 0; i < WORD_BUCKETS; i++) {
      encode[i] = new CostModel(ticker, prior(warm, "encode", i));
    }
    for (int i = 0; i < ENABLED_BUCKETS; i++) {
      attend[i] = new CostModel(ticker, prior(warm, "attend", i));
    }
    for (int i = 0; i < K_BUCKETS.length; i++) {
      classify[i] = new CostModel(ticker, prior(warm, "classify", 0));
    }
    handOver = new CostModel(ticker, HANDING_OVER);
  }

  /** What warming measured for a bucket; beyond the largest, that one's times in proportion. */
  private static List<Observation> prior(List<WarmShape> warm, String graph, int bucket) {
    int largest = 0;
    for (WarmShape shape : warm) {
      if (shape.graph().equals(graph)) {
        largest = Math.max(largest, columnBucket(columns(shape)));
      }
    }
    int known = Math.min(bucket, largest);
    List<Observation> observations = new ArrayList<>();
    for (WarmShape shape : warm) {
      if (shape.graph().equals(graph) && columnBucket(columns(shape)) == known) {
        observations.add(new Observation(shape.batch(), shape.runNanos() << (bucket - known)));
      }
    }
    return observations;
  }

  private static int columns(WarmShape shape) {
    return Math.max(1, Math.max(shape.words(), shape.enabledSkills()));
  }

  /** 0 for up to 8 columns, 1 for up to 16, and so on. */
  private static int columnBucket(int columns) {
    return Math.max(0, Integer.SIZE - Integer.numberOfLeadingZeros(columns - 1) - FIRST_BITS);
  }

  private static int wordBucket(int words) {
    return Math.min(WORD_BUCKETS - 1, columnBucket(Math.max(1, words)));
  }

  private static int enabledBucket(int enabled) {
    return Math.min(ENABLED_BUCKETS - 1, columnBucket(Math.max(1, enabled)));
  }

  private static int skillBucket(int skills) {
    for (int i = 0; i < K_BUCKETS.length; i++) {
      if (skills <= K_BUCKETS[i]) {
        return i;
      }
    }
    throw new IllegalArgumentException("k: " + skills + " (expected: <= 100)");
  }

  /** How many skills to ask the graph for, where so many are wanted. */
  static int graphSkills(int skills) {
    return K_BUCKETS[skillBucket(skills)];
  }

  /** What a request would take. */
  Admission.Cost of(ShortlistJob job) {
    return cost(job.texts().tokens().size(), job.texts().longest(), job.maxSkills());
  }

  /** What any request for so many skills would take at least: that of a single word. */
  Admission.Cost leastOf(int maxSkills) {
    return cost(1, 1, maxSkills);
  }

  /** What such a request would take is doubted: see {@link CostModel#doubt}. */
  void doubt(ShortlistJob job) {
    encode[job.wordBucket()].doubt();
    attend[0].doubt();
    classify[skillBucket(job.maxSkills())].doubt();
  }

  /**
   * Of a context-free answer alone, in the largest batch of requests like it, and with a common
   * user's skills in such a batch.
   *
   * @param words of the longest text
   */
  private Admission.Cost cost(int texts, int words, int skills) {
    Lines contextFree = lines(texts, words, skills);
    Lines common = contextFree.withAttention(attend[enabledBucket(COMMON_ENABLED)]);
    return new Admission.Cost(contextFree.expected(1), batched(contextFree), batched(common));
  }

  private long batched(Lines lines) {
    return Math.max(lines.bound(1), Math.min(lines.bound(batchMax), plannedRunNanos));
  }

  /**
   * What a request adds to the wait of those behind it, in batches as large as they get: as many as
   * there may be, but no more than are planned for a run.
   */
  long share(ShortlistJob job) {
    Lines lines = lines(job.texts().tokens().size(), job.texts().longest(), job.maxSkills());
    long one = lines.expected(1);
    long most = lines.expected(batchMax);
    if (most <= plannedRunNanos || batchMax == 1) {
      return most / batchMax;
    }
    double row = Math.max(1, (double) (most - one) / (batchMax - 1));
    double run = one - row;
    double rows = Math.max(1, Math.min(batchMax, (plannedRunNanos - run) / row));
    return (long) (row + run / rows);
  }

  /** Without context. */
  private Lines lines(int texts, int words, int skills) {
    long now = ticker.nanoTime();
    return new Lines(
        now,
        texts,
        encode[wordBucket(words)].line(now),
        attend[0].line(now),
        classify[skillBucket(skills)].line(now),
        handOver.line(now));
  }

  /**
   * What holds now of batches of like requests.
   *
   * @param texts of each request
   */
  private record Lines(
      long now, int texts, Line encoding, Line attending, Line classifying, Line handingOver) {
    Lines withAttention(CostModel other) {
      return new Lines(now, texts, encoding, other.line(now), classifying, handingOver);
    }

    long expected(int requests) {
      return encoding.expected(requests * texts)
          + attending.expected(requests)
          + classifying.expected(requests)
          + handingOver.expected(requests);
    }

    /** Nanoseconds that a batch will hardly exceed. */
    long bound(int requests) {
      return CostModel.bound(
          expected(requests),
          encoding.variance(requests * texts)
              + attending.variance(requests)
              + classifying.variance(requests)
              + handingOver.variance(requests));
    }
  }

  /** Takes a run of encoding into account. */
  void encoded(Plan plan, long nanos) {
    long expected = plan.encoding();
    for (int bucket = 0; bucket < WORD_BUCKETS; bucket++) {
      int texts = plan.texts[bucket];
      if (texts > 0) {
        // Of texts of several lengths, each takes its part as expected.
        double part =
            expected == 0 ? 1 : (double) encode[bucket].line(plan.now).expected(texts) / expected;
        encode[bucket].observe(texts, (long) (part * nanos));
      }
    }
  }

  void attended(int requests, int mostEnabled, long nanos) {
    attend[enabledBucket(mostEnabled)].observe(requests, nanos);
  }

  void classified(int requests, int mostSkills, long nanos) {
    classify[skillBucket(mostSkills)].observe(requests, nanos);
  }

  void handedOver(int requests, long nanos) {
    handOver.observe(requests, nanos);
  }

  static int bucketOfWords(int words) {
    return wordBucket(words);
  }

  /** A batch while it is put together. */
  final class Plan implements BatchPlan<ShortlistJob> {
    private final int[] texts = new int[WORD_BUCKETS];
    private int requests;
    private int mostEnabled;
    private int mostSkills = 1;

    /** When the plan was begun; what held then is what it goes by. */
    private long now;

    @Override
    public void clear() {
      now = ticker.nanoTime();
      Arrays.fill(texts, 0);
      requests = 0;
      mostEnabled = 0;
      mostSkills = 1;
    }

    @Override
    public void add(ShortlistJob job) {
      if (job.isToBeEncoded()) {
        texts[job.wordBucket()] += job.texts().tokens().size();
      }
      requests++;
      mostEnabled = Math.max(mostEnabled, job.enabledCount());
      mostSkills = Math.max(mostSkills, job.maxSkills());
    }

    @Override
    public long expectedWith(ShortlistJob job) {
      return time(job, false);
    }

    @Override
    public long boundWith(ShortlistJob job) {
      return time(job, true);
    }

    @Override
    public long expected() {
      return encoding()
          + attending().expected(requests)
          + classifying().expected(requests)
          + handOver.line(now).expected(requests);
    }

    @Override
    public long bound() {
      double variance =
          attending().variance(requests)
              + classifying().variance(requests)
              + handOver.line(now).variance(requests);
      for (int bucket = 0; bucket < WORD_BUCKETS; bucket++) {
        if (texts[bucket] > 0) {
          variance += encode[bucket].line(now).variance(texts[bucket]);
        }
      }
      return CostModel.bound(expected(), variance);
    }

    private long encoding() {
      long sum = 0;
      for (int bucket = 0; bucket < WORD_BUCKETS; bucket++) {
        if (texts[bucket] > 0) {
          sum += encode[bucket].line(now).expected(texts[bucket]);
        }
      }
      return sum;
    }

    private Line attending() {
      return attend[enabledBucket(mostEnabled)].line(now);
    }

    private Line classifying() {
      return classify[skillBucket(mostSkills)].line(now);
    }

    private long time(ShortlistJob job, boolean bound) {
      int enabled = mostEnabled;
      int skills = mostSkills;
      add(job);
      long nanos = bound ? bound() : expected();
      requests--;
      if (job.isToBeEncoded()) {
        texts[job.wordBucket()] -= job.texts().tokens().size();
      }
      mostEnabled = enabled;
      mostSkills = skills;
      return nanos;
    }
  }
}
