package dev.earshot.perf;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.model.BundleException;
import dev.earshot.model.EnabledSkills;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.ExecutionProviderException;
import dev.earshot.model.OnnxRuntime;
import dev.earshot.model.OnnxShortlistModel;
import dev.earshot.model.Workspace;
import dev.earshot.model.Workspace.WeightedTexts;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Loads a bundle in this JVM, beside another one where that is named, and tells what it added: run
 * in a JVM of its own by {@link MemoryCommand}. The JVM must have touched its whole heap at the
 * start ({@code -Xms} = {@code -Xmx}, {@code -XX:+AlwaysPreTouch}): then what the process grows by
 * lies outside the heap, and what the heap keeps is told by the collector, apart from the garbage
 * that loading left behind.
 */
@Command(name = "memory-probe", hidden = true)
final class MemoryProbe implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--bundle", required = true)
  private Path bundle;

  @Option(names = "--beside")
  private @Nullable Path beside;

  @Option(names = "--batch-max", defaultValue = "16")
  private int batchMax;

  /**
   * What was added, in bytes.
   *
   * @param heap live after a collection
   * @param anonymous outside the heap: the runtime's weights and arenas, direct buffers, the JVM's
   *     own data
   * @param bundleFiles resident pages of the bundle's mapped files
   * @param otherFiles resident pages of programs and libraries
   */
  record Added(
      long heap,
      long anonymous,
      @JsonProperty("bundle_files") long bundleFiles,
      @JsonProperty("other_files") long otherFiles) {

    /** What counts: all but the code that any bundle shares with the process. */
    long total() {
      return heap + anonymous + bundleFiles;
    }
  }

  /**
   * The probe's answer.
   *
   * @param load what loading the bundle added
   * @param worker what a worker's buffers and its first batches added to that
   */
  record Answer(Added load, Added worker) {}

  private record Snapshot(long heap, ResidentMemory resident) {
    Added minus(Snapshot before) {
      return new Added(
          heap - before.heap,
          resident.anonymous() - before.resident.anonymous(),
          resident.bundle() - before.resident.bundle(),
          resident.otherFiles() - before.resident.otherFiles());
    }
  }

  @Override
  public Integer call() throws BundleException, ExecutionProviderException, IOException {
    OnnxRuntime runtime = OnnxRuntime.start(ExecutionProvider.CPU);
    ObjectMapper json = new ObjectMapper();
    // Once for nothing, so that the measuring itself has its classes and buffers.
    String unused = json.writeValueAsString(snapshot().minus(snapshot()));
    // Stays loaded: nothing that it gave back could be taken for free by the other.
    OnnxShortlistModel first =
        beside == null ? null : OnnxShortlistModel.load(beside, runtime, batchMax);
    Snapshot before = snapshot();
    Answer answer;
    try (OnnxShortlistModel model = OnnxShortlistModel.load(bundle, runtime, batchMax)) {
      Snapshot loaded = snapshot();
      try (Workspace workspace = model.workspace(batchMax)) {
        var texts =
            Collections.nCopies(
                batchMax, WeightedTexts.of(model.tokenizer().tokenize("will it rain tomorrow")));
        workspace.encode(texts);
        workspace.attend(Collections.nCopies(batchMax, EnabledSkills.NONE));
        workspace.classify(Collections.nCopies(batchMax, EnabledSkills.NONE), 5);
        answer = new Answer(loaded.minus(before), snapshot().minus(loaded));
      }
    }
    if (first != null) {
      first.close();
    }
    spec.commandLine().getOut().println(json.writeValueAsString(answer));
    spec.commandLine().getOut().flush();
    return 0;
  }

  private Snapshot snapshot() throws IOException {
    // Twice: what a first collection only finds unreachable, a second one frees.
    System.gc();
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    return new Snapshot(heap, ResidentMemory.now(bundle));
  }
}
