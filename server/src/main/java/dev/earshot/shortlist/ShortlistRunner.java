package dev.earshot.shortlist;

import dev.earshot.batch.BatchPlan;
import dev.earshot.batch.BatchRunner;
import dev.earshot.batch.Job.Drop;
import dev.earshot.catalog.ServedModel;
import dev.earshot.core.Outbox;
import dev.earshot.deadline.Reserve;
import dev.earshot.deadline.Ticker;
import dev.earshot.model.Calibration;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.InferenceException;
import dev.earshot.model.RunTerminatedException;
import dev.earshot.model.SkillTable;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import dev.earshot.shortlist.Shortlist.RankedSkill;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's part of shortlisting: a batch of requests through encode, attend and classify. A
 * batch may hold requests whose users are not known yet, which are only encoded, and others that
 * were encoded before.
 */
final class ShortlistRunner implements BatchRunner<ShortlistJob> {
  private static final Logger log = LoggerFactory.getLogger(ShortlistRunner.class);

  private final ServedModel served;
  private final Workspace workspace;
  private final ShortlistCosts costs;
  private final ShortlistCosts.Plan plan;
  private final Reserve reserve;
  private final Ticker ticker;
  private final Consumer<ShortlistJob> terminated;

  /** What is to be encoded: first the requests whose users are known, then the others. */
  private final List<ShortlistJob> unencoded = new ArrayList<>();

  private final List<ShortlistJob> unresolved = new ArrayList<>();
  private final List<ShortlistJob> encodedBefore = new ArrayList<>();
  private final List<WeightedTexts> texts = new ArrayList<>();

  /** What goes through the later stages, in the order of the workspace's rows. */
  private final List<ShortlistJob> rows = new ArrayList<>();

  private final List<EnabledSkills> users = new ArrayList<>();

  /**
   * @param reserve learns how long answers take
   * @param terminated takes the requests of a run that took too long
   */
  ShortlistRunner(
      ServedModel served,
      int batchMax,
      ShortlistCosts costs,
      Reserve reserve,
      Ticker ticker,
      Consumer<ShortlistJob> terminated) {
    this.served = served;
    this.workspace = served.model().workspace(batchMax);
    this.costs = costs;
    this.plan = costs.new Plan();
    this.reserve = reserve;
    this.ticker = ticker;
    this.terminated = terminated;
  }

  @Override
  public BatchPlan<ShortlistJob> plan() {
    return plan;
  }

  @Override
  public void run(List<ShortlistJob> batch, Runnable computed) {
    try {
      long start = ticker.nanoTime();
      long encoded = encode(batch, start);
      if (!rows.isEmpty()) {
        finish(encoded, batch.size(), computed);
        reserve.recordContextFree(ticker.nanoTime() - start);
      }
    } catch (RunTerminatedException e) {
      affected(batch).forEach(terminated);
    } catch (InferenceException e) {
      log.error("a batch of {} could not be run", batch.size(), e);
      affected(batch).forEach(job -> job.answer().completeExceptionally(e));
    }
  }

  /** Whom a failure concerns: once encoding is done, not those who wait for their profiles. */
  private List<ShortlistJob> affected(List<ShortlistJob> batch) {
    return rows.isEmpty() ? batch : rows;
  }

  /** Encodes what is to be encoded and fills {@link #rows}; returns when it was done. */
  private long encode(List<ShortlistJob> batch, long start) {
    unencoded.clear();
    unresolved.clear();
    encodedBefore.clear();
    texts.clear();
    rows.clear();
    for (int i = 0; i < batch.size(); i++) {
      ShortlistJob job = batch.get(i);
      job.begun(start);
      if (!job.isToBeEncoded()) {
        encodedBefore.add(job);
      } else if (job.isResolved()) {
        unencoded.add(job);
      } else {
        unresolved.add(job);
      }
    }
    unencoded.addAll(unresolved);
    long encoded = start;
    if (!unencoded.isEmpty()) {
      for (int i = 0; i < unencoded.size(); i++) {
        texts.add(unencoded.get(i).texts());
      }
      workspace.encode(texts);
      encoded = ticker.nanoTime();
      costs.encoded(plan, encoded - start);
    }
    for (int i = 0; i < unencoded.size(); i++) {
      ShortlistJob job = unencoded.get(i);
      if (job.encoded(workspace, i, encoded - start, encoded)) {
        if (i != rows.size()) {
          workspace.moveVector(i, rows.size());
        }
        rows.add(job);
      }
    }
    for (int i = 0; i < encodedBefore.size(); i++) {
      ShortlistJob job = encodedBefore.get(i);
      workspace.writeVector(rows.size(), job.vector());
      rows.add(job);
    }
    return encoded;
  }

  private void finish(long encoded, int batchSize, Runnable computed) {
    users.clear();
    int mostSkills = 1;
    int mostEnabled = 0;
    for (int i = 0; i < rows.size(); i++) {
      EnabledSkills user = rows.get(i).user();
      users.add(user);
      mostEnabled = Math.max(mostEnabled, user.count());
      mostSkills = Math.max(mostSkills, rows.get(i).maxSkills());
    }
    workspace.resize(rows.size());
    workspace.attend(users);
    long attended = ticker.nanoTime();
    costs.attended(rows.size(), mostEnabled, attended - encoded);
    SkillTable skills = served.model().skills();
    workspace.classify(users, Math.min(ShortlistCosts.graphSkills(mostSkills), skills.size()));
    long classified = ticker.nanoTime();
    costs.classified(rows.size(), mostSkills, classified - attended);
    long expected = plan.expected();
    try (Outbox unused = Outbox.open()) {
      for (int i = 0; i < rows.size(); i++) {
        ShortlistJob job = rows.get(i);
        if (job.budget().isSpent()) {
          job.drop(Drop.EXPIRED);
          continue;
        }
        Shortlist.StageTimes times =
            job.times(attended - encoded, classified - attended, batchSize, expected);
        job.answer().complete(shortlist(i, job, times));
      }
      computed.run();
    }
    costs.handedOver(rows.size(), ticker.nanoTime() - classified);
  }

  private Shortlist shortlist(int i, ShortlistJob job, Shortlist.StageTimes times) {
    Calibration calibration = served.model().calibration();
    SkillTable table = served.model().skills();
    EnabledSkills user = users.get(i);
    boolean isPersonal = user.count() > 0;
    double outOfScope = calibration.of(isPersonal).outOfScope().at(workspace.scopeScore(i));
    int count = Math.min(job.maxSkills(), table.size());
    RankedSkill[] skills = new RankedSkill[count];
    for (int rank = 0; rank < count; rank++) {
      int row = workspace.topRow(i, rank);
      SkillTable.Label skill = table.label(row);
      skills[rank] =
          new RankedSkill(
              skill.id(),
              skill.name(),
              (1 - outOfScope) * Math.exp(workspace.topLogProbability(i, rank)),
              user.contains(row));
    }
    return new Shortlist(
        List.of(skills),
        outOfScope > calibration.outOfScopeThreshold(),
        outOfScope,
        job.degradation(),
        served.model().version(),
        served.catalogVersion(),
        times);
  }

  @Override
  public boolean terminate() {
    workspace.terminate();
    return true;
  }

  @Override
  public void resume() {
    workspace.resume();
  }

  @Override
  public void close() {
    workspace.close();
  }
}
