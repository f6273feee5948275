package dev.earshot.model;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The native runtime with an execution provider chosen: opens sessions.
 *
 * <p>Thread-safe. The native environment is one per process and lives as long as it.
 */
public final class OnnxRuntime {
  private final OrtEnvironment environment;
  private final ExecutionProvider requested;
  private final ExecutionProvider provider;
  private final @Nullable String fallbackReason;
  private final RunTimes runTimes = new RunTimes();

  private OnnxRuntime(
      OrtEnvironment environment,
      ExecutionProvider requested,
      ExecutionProvider provider,
      @Nullable String fallbackReason) {
    this.environment = environment;
    this.requested = requested;
    this.provider = provider;
    this.fallbackReason = fallbackReason;
  }

  /**
   * Loads the native library and settles where graphs run.
   *
   * @throws ExecutionProviderException if a provider was asked for by name and cannot be used
   */
  public static OnnxRuntime start(ExecutionProvider requested) throws ExecutionProviderException {
    OrtEnvironment environment =
        OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "earshot");
    return switch (requested) {
      case CPU -> new OnnxRuntime(environment, requested, ExecutionProvider.CPU, null);
      case TENSORRT ->
          throw new ExecutionProviderException(
              "execution provider tensorrt: not supported yet (expected: auto, cpu or cuda)");
      case CUDA -> {
        String problem = cudaProblem();
        if (problem != null) {
          throw new ExecutionProviderException("execution provider cuda: " + problem);
        }
        yield new OnnxRuntime(environment, requested, ExecutionProvider.CUDA, null);
      }
      case AUTO -> {
        String problem = cudaProblem();
        yield new OnnxRuntime(
            environment,
            requested,
            problem == null ? ExecutionProvider.CUDA : ExecutionProvider.CPU,
            problem);
      }
    };
  }

  /** Why CUDA cannot be used, or null if it can. */
  private static @Nullable String cudaProblem() {
    if (!OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA)) {
      return "this build carries the CPU runtime only (build with -Pgpu)";
    }
    try (SessionOptions options = new SessionOptions()) {
      options.addCUDA(0);
      return null;
    } catch (OrtException e) {
      return Manifest.firstLine(e);
    }
  }

  /** The provider that was asked for. */
  public ExecutionProvider requested() {
    return requested;
  }

  /** The provider in use; never {@link ExecutionProvider#AUTO}. */
  public ExecutionProvider provider() {
    return provider;
  }

  /** Why {@code auto} took the CPU, or null if it did not. */
  public @Nullable String fallbackReason() {
    return fallbackReason;
  }

  /** The runtime's version. */
  public String version() {
    return environment.getVersion();
  }

  /** How long runs took, of all bundles together. */
  public RunTimes runTimes() {
    return runTimes;
  }

  OrtEnvironment environment() {
    return environment;
  }

  /**
   * Opens a session of one thread, without spinning: parallelism comes from workers, each of which
   * runs whole requests.
   */
  OrtSession open(Path graph) throws OrtException {
    try (SessionOptions options = new SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      options.setExecutionMode(SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      options.addConfigEntry("session.inter_op.allow_spinning", "0");
      // A pattern is one block for all tensors of a run, kept for each shape that ever came up:
      // with dozens of shapes it takes megabytes and, measured, no time off a run.
      options.setMemoryPatternOptimization(false);
      if (provider == ExecutionProvider.CUDA) {
        options.addCUDA(0);
      }
      return environment.createSession(graph.toString(), options);
    }
  }
}
