package dev.earshot.shortlist;

import dev.earshot.batch.BatchRunner;
import dev.earshot.catalog.ServedModel;
import dev.earshot.deadline.Ticker;
import dev.earshot.model.Calibration;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.InferenceException;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import dev.earshot.shortlist.Shortlist.RankedSkill;
import dev.earshot.shortlist.Shortlist.StageTimes;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One worker's part of shortlisting: a batch of requests through encode, attend and classify. */
final class ShortlistRunner implements BatchRunner<ShortlistJob> {
  private static final Logger log = LoggerFactory.getLogger(ShortlistRunner.class);

  /** Numbers of skills that are asked of the graph, so that few tensor shapes come up. */
  private static final int[] K_BUCKETS = {5, 10, 20, 50, 100};

  private final ServedModel served;
  private final Workspace workspace;
  private final Ticker ticker;
  private final List<ShortlistJob> jobs = new ArrayList<>();
  private final List<WeightedTexts> texts = new ArrayList<>();
  private final List<EnabledSkills> users = new ArrayList<>();

  ShortlistRunner(ServedModel served, int batchMax, Ticker ticker) {
    this.served = served;
    this.workspace = served.model().workspace(batchMax);
    this.ticker = ticker;
  }

  @Override
  public void run(List<ShortlistJob> batch) {
    jobs.clear();
    texts.clear();
    users.clear();
    int most = 1;
    for (ShortlistJob job : batch) {
      if (job.isWorthRunning()) {
        jobs.add(job);
        texts.add(job.texts());
        users.add(job.user());
        most = Math.max(most, job.maxSkills());
      }
    }
    if (jobs.isEmpty()) {
      return;
    }
    try {
      long start = ticker.nanoTime();
      workspace.encode(texts);
      long encoded = ticker.nanoTime();
      workspace.attend(users);
      long attended = ticker.nanoTime();
      workspace.classify(users, Math.min(bucket(most), served.model().skills().size()));
      long classified = ticker.nanoTime();
      for (int i = 0; i < jobs.size(); i++) {
        ShortlistJob job = jobs.get(i);
        StageTimes times =
            new StageTimes(
                start - job.enqueuedNanos(),
                job.profileNanos(),
                encoded - start + job.tokenizeNanos(),
                attended - encoded,
                classified - attended,
                job.budget().elapsedNanos());
        job.answer().complete(shortlist(i, job, times));
      }
    } catch (InferenceException e) {
      log.error("a batch of {} could not be run", jobs.size(), e);
      jobs.forEach(job -> job.answer().completeExceptionally(e));
    }
  }

  private Shortlist shortlist(int i, ShortlistJob job, StageTimes times) {
    Calibration calibration = served.model().calibration();
    boolean isPersonal = job.user().count() > 0;
    double outOfScope = calibration.of(isPersonal).outOfScope().at(workspace.scopeScore(i));
    int count = Math.min(job.maxSkills(), served.model().skills().size());
    List<RankedSkill> skills = new ArrayList<>(count);
    for (int rank = 0; rank < count; rank++) {
      int row = workspace.topRow(i, rank);
      skills.add(
          new RankedSkill(
              served.model().skills().id(row),
              served.model().skills().name(row),
              (1 - outOfScope) * Math.exp(workspace.topLogProbability(i, rank)),
              job.user().contains(row)));
    }
    return new Shortlist(
        skills,
        outOfScope > calibration.outOfScopeThreshold(),
        outOfScope,
        job.degradation(),
        served.model().version(),
        served.catalogVersion(),
        times);
  }

  @Override
  public void close() {
    workspace.close();
  }

  private static int bucket(int k) {
    for (int bucket : K_BUCKETS) {
      if (k <= bucket) {
        return bucket;
      }
    }
    throw new IllegalArgumentException("k: " + k + " (expected: <= 100)");
  }
}
