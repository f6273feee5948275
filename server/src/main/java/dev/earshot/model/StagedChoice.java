package dev.earshot.model;

import dev.earshot.search.StagedIndex;
import dev.earshot.search.StagedWarmUp;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether skills are found in stages: by what was asked for and by what there is. */
final class StagedChoice {
  private static final Logger log = LoggerFactory.getLogger(StagedChoice.class);

  /** From so many skills on stages are faster than the graph, for one request and for many. */
  private static final int WORTH_IT = 16_384;

  /** The part of the heap that the coarse rows may take, and the part that all rows may. */
  private static final int HEAP_PART = 4;

  /** What stages must find of the golden answers' skills. */
  private static final double LEAST_RECALL = 0.97;

  /** By how much a first answer's log probability may differ. */
  private static final float GREATEST_DIFFERENCE = 0.5f;

  private static final long WARM_UP_NANOS = 10_000_000_000L;

  private final Search search;
  private final Bundle bundle;
  private final OnnxRuntime runtime;

  private StagedChoice(Search search, Bundle bundle, OnnxRuntime runtime) {
    this.search = search;
    this.bundle = bundle;
    this.runtime = runtime;
  }

  static StagedChoice of(Search search, Bundle bundle, OnnxRuntime runtime) {
    return new StagedChoice(search, bundle, runtime);
  }

  /**
   * The model with an index in place of the graph, where that is to be; else the model as it is.
   *
   * @param golden by which the graph was proved, and by which the index is
   */
  OnnxShortlistModel apply(OnnxShortlistModel flat, GoldenVectors golden) throws BundleException {
    if (search == Search.FLAT
        || (search == Search.AUTO && bundle.skills().size() < WORTH_IT)
        || (search == Search.AUTO && runtime.provider() != ExecutionProvider.CPU)) {
      return flat;
    }
    Optional<String> obstacle = obstacle();
    if (obstacle.isPresent()) {
      if (search == Search.STAGED) {
        throw new BundleException(Manifest.FILE, "cannot be searched in stages: " + obstacle.get());
      }
      log.info(
          "all {} skills are read for every request: {}", bundle.skills().size(), obstacle.get());
      return flat;
    }
    long start = System.nanoTime();
    StagedWarmUp.run(WARM_UP_NANOS);
    OnnxShortlistModel indexed =
        flat.with(
            StagedClassifier.Index.of(
                bundle, bundle.classifyParameters().orElseThrow(), heapBytes(true) <= allowance()));
    GoldenVectors.Agreement agreement = golden.agreement(indexed);
    long millis = (System.nanoTime() - start) / 1_000_000;
    boolean agrees =
        agreement.recall() >= LEAST_RECALL && agreement.greatestDifference() <= GREATEST_DIFFERENCE;
    if (!agrees && search == Search.AUTO) {
      log.warn(
          "all {} skills are read for every request: the stages find {} of the golden answers\' skills"
              + " (expected: {}), log probabilities differ by up to {} (expected: {})",
          bundle.skills().size(),
          agreement.recall(),
          LEAST_RECALL,
          agreement.greatestDifference(),
          GREATEST_DIFFERENCE);
      return flat;
    }
    log.info(
        "{} skills are searched in stages: prepared in {} ms; of the golden answers\' skills {}"
            + " are found, log probabilities differ by up to {}",
        bundle.skills().size(),
        millis,
        agreement.recall(),
        agreement.greatestDifference());
    return indexed;
  }

  private Optional<String> obstacle() {
    Manifest.Dimensions dimensions = bundle.manifest().dimensions();
    if (bundle.classifyParameters().isEmpty()) {
      return Optional.of("the bundle has no " + ClassifyParameters.FILE);
    }
    if (bundle.skills().size() < StagedIndex.FEWEST_ROWS
        || dimensions.query() < StagedIndex.FEWEST_DIMENSIONS) {
      return Optional.of("they are too few, or of too few dimensions");
    }
    if (search == Search.AUTO && !StagedIndex.isVectorised()) {
      return Optional.of("the JVM was started without --add-modules jdk.incubator.vector");
    }
    if (heapBytes(false) > allowance()) {
      return Optional.of(
          "that takes "
              + (heapBytes(false) >> 20)
              + " MiB of the heap, of which it may take "
              + (allowance() >> 20)
              + "; -Xmx (EARSHOT_HEAP) allows more");
    }
    return Optional.empty();
  }

  private long heapBytes(boolean rowsOnHeap) {
    return StagedIndex.heapBytes(
        bundle.skills().size(), bundle.manifest().dimensions().query(), rowsOnHeap);
  }

  private static long allowance() {
    return Runtime.getRuntime().maxMemory() / HEAP_PART;
  }
}
