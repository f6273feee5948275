package dev.earshot.model;

import dev.earshot.model.LoadReport.WarmShape;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A model whose next run stalls until it is terminated, which it may also not heed until it is let
 * go.
 */
public final class StallingModel implements ShortlistModel {
  private final ShortlistModel model;
  private final CountDownLatch stalls = new CountDownLatch(1);
  private final CountDownLatch go = new CountDownLatch(1);
  private volatile boolean stallNext;
  private volatile boolean deaf;
  private volatile int warmTimes = 1;

  public StallingModel(ShortlistModel model) {
    this.model = model;
  }

  /** The next run stalls. */
  public void stallNext() {
    stallNext = true;
  }

  /** A terminated run goes on. */
  public void ignoreTermination() {
    deaf = true;
  }

  /** As if it had been warmed while its machine was so many times slower. */
  public void warmedSlowly(int times) {
    warmTimes = times;
  }

  public void awaitStall() throws InterruptedException {
    if (!stalls.await(20, TimeUnit.SECONDS)) {
      throw new AssertionError("nothing was run");
    }
  }

  /** Ends the stall. */
  public void go() {
    go.countDown();
  }

  @Override
  public String version() {
    return model.version();
  }

  @Override
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  @Override
  public SkillTable skills() {
    return model.skills();
  }

  @Override
  public Calibration calibration() {
    return model.calibration();
  }

  @Override
  public EnabledSkills enabledSkills(int[] rows) {
    return model.enabledSkills(rows);
  }

  @Override
  public LoadReport report() {
    LoadReport report = model.report();
    return new LoadReport(
        report.loadDuration(),
        report.warmDuration(),
        report.goldenVectors(),
        report.memoryBytes(),
        report.shapes().stream().map(this::slowed).toList());
  }

  private WarmShape slowed(WarmShape shape) {
    return new WarmShape(
        shape.graph(),
        shape.batch(),
        shape.words(),
        shape.enabledSkills(),
        warmTimes * shape.runNanos(),
        warmTimes * shape.longestNanos());
  }

  @Override
  public Workspace workspace(int maxRows) {
    return new StallingWorkspace(model.workspace(maxRows));
  }

  /** Leaves the model open: it is the test's. */
  @Override
  public void close() {}

  private final class StallingWorkspace implements Workspace {
    private final Workspace workspace;

    StallingWorkspace(Workspace workspace) {
      this.workspace = workspace;
    }

    @Override
    public void encode(List<WeightedTexts> texts) {
      if (stallNext) {
        stallNext = false;
        stalls.countDown();
        try {
          if (!go.await(20, TimeUnit.SECONDS)) {
            throw new AssertionError("nobody ended the stall");
          }
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      // Terminated, the runtime itself fails here.
      workspace.encode(texts);
    }

    @Override
    public void terminate() {
      if (!deaf) {
        workspace.terminate();
        go.countDown();
      }
    }

    @Override
    public void resume() {
      workspace.resume();
    }

    @Override
    public int maxRows() {
      return workspace.maxRows();
    }

    @Override
    public int maxEnabled() {
      return workspace.maxEnabled();
    }

    @Override
    public int dimension() {
      return workspace.dimension();
    }

    @Override
    public void readVector(int request, float[] vector) {
      workspace.readVector(request, vector);
    }

    @Override
    public void writeVector(int request, float[] vector) {
      workspace.writeVector(request, vector);
    }

    @Override
    public void moveVector(int from, int to) {
      workspace.moveVector(from, to);
    }

    @Override
    public void resize(int requests) {
      workspace.resize(requests);
    }

    @Override
    public void attend(List<EnabledSkills> users) {
      workspace.attend(users);
    }

    @Override
    public void classify(List<EnabledSkills> users, int k) {
      workspace.classify(users, k);
    }

    @Override
    public int topRow(int request, int rank) {
      return workspace.topRow(request, rank);
    }

    @Override
    public float topLogProbability(int request, int rank) {
      return workspace.topLogProbability(request, rank);
    }

    @Override
    public float scopeScore(int request) {
      return workspace.scopeScore(request);
    }

    @Override
    public void close() {
      workspace.close();
    }
  }
}
