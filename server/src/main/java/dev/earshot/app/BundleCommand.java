package dev.earshot.app;

import com.google.protobuf.util.Durations;
import dev.earshot.client.EarshotClient;
import dev.earshot.v1.Calibration;
import dev.earshot.v1.CatalogGrpc;
import dev.earshot.v1.DescribeBundleResponse;
import dev.earshot.v1.Graph;
import dev.earshot.v1.Limits;
import dev.earshot.v1.ReloadBundleRequest;
import dev.earshot.v1.ReloadBundleResponse;
import dev.earshot.v1.ShapeBucket;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code earshot bundle}: the model bundle that a server serves. */
@Command(
    name = "bundle",
    description = {
      "Shows the model bundle that a server serves, or puts another in its place.",
      ""
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {BundleCommand.Describe.class, BundleCommand.Reload.class})
final class BundleCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** {@code earshot bundle describe}. */
  @Command(
      name = "describe",
      description = {"Says what is served, on what, and within which limits.", ""},
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        ApiCommand.EXIT_FAILED,
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Describe extends ApiCommand {
    @Override
    int run(EarshotClient client) {
      DescribeBundleResponse bundle = client.describeBundle();
      if (server().json()) {
        printJson(bundle);
      } else {
        print(bundle);
      }
      return ExitCode.OK;
    }

    private void print(DescribeBundleResponse bundle) {
      out()
          .printf(
              Locale.ROOT,
              "bundle       %s (format %d)%s%n",
              bundle.getBundleVersion(),
              bundle.getFormatVersion(),
              bundle.getDescription().isEmpty() ? "" : ": " + bundle.getDescription());
      out().printf(Locale.ROOT, "manifest     SHA-256 %s%n", bundle.getManifestSha256());
      out()
          .printf(
              Locale.ROOT,
              "skills       %,d, %,d of them added while serving; catalogue version %d%n",
              bundle.getSkillCount(),
              bundle.getAddedSkillCount(),
              bundle.getCatalogVersion());
      out()
          .printf(
              Locale.ROOT,
              "encoder      %s, %d dimensions, %,d words known, %d words read, locale %s%n",
              orUnknown(bundle.getEncoder().getName()),
              bundle.getEncoder().getDimensions(),
              bundle.getEncoder().getVocabularySize(),
              bundle.getEncoder().getMaxWords(),
              orUnknown(bundle.getEncoder().getLocale()));
      out()
          .printf(
              Locale.ROOT,
              "device       %s%s, ONNX Runtime %s, workers %d of %d thread(s)%n",
              bundle.getDevice().getProvider(),
              bundle.getDevice().getFallbackReason().isEmpty()
                  ? ""
                  : " (" + bundle.getDevice().getFallbackReason() + ")",
              bundle.getDevice().getRuntimeVersion(),
              bundle.getDevice().getWorkers(),
              bundle.getDevice().getIntraOpThreads());
      for (Graph graph : bundle.getGraphsList()) {
        out()
            .printf(
                Locale.ROOT,
                "graph        %s in %s (of %s)%n",
                graph.getName(),
                graph.getVariant(),
                String.join(", ", graph.getVariantsList()));
      }
      bundle.getShapeBucketsList().stream()
          .collect(
              Collectors.groupingBy(
                  ShapeBucket::getGraph,
                  LinkedHashMap::new,
                  Collectors.summarizingLong(ShapeBucket::getRunUs)))
          .forEach((graph, runs) ->
              out()
                  .printf(
                      Locale.ROOT,
                      "warmed       %s in %d shapes: %,d to %,d µs a run%n",
                      graph,
                      runs.getCount(),
                      runs.getMin(),
                      runs.getMax()));
      for (Calibration calibration : bundle.getCalibrationsList()) {
        out()
            .printf(
                Locale.ROOT,
                "calibration  %s: inverse temperature %.3f, out of scope sigmoid(%.3f x + %.3f)%n",
                calibration.getMode().name().replace("MODE_", "").toLowerCase(Locale.ROOT),
                calibration.getInverseTemperature(),
                calibration.getOutOfScopeWeight(),
                calibration.getOutOfScopeBias());
      }
      out()
          .printf(
              Locale.ROOT,
              "out of scope from a probability of %.3f%n",
              bundle.getOutOfScopeThreshold());
      out()
          .printf(
              Locale.ROOT,
              "memory       %.1f MB; %.1f MB on disk%n",
              bundle.getMemoryBytes() / 1e6,
              bundle.getDiskBytes() / 1e6);
      out()
          .printf(
              Locale.ROOT,
              "start        read and checked in %d ms, warmed in %d ms with %d golden vectors%n",
              Durations.toMillis(bundle.getLoadDuration()),
              Durations.toMillis(bundle.getWarmDuration()),
              bundle.getGoldenVectors());
      Limits limits = bundle.getLimits();
      out()
          .printf(
              Locale.ROOT,
              "limits       SLO %d ms%s, %d unanswered messages a stream, %d skills, %,d enabled skills%n",
              Durations.toMillis(limits.getSlo()),
              limits.getSloEnforced() ? " (caps longer deadlines)" : "",
              limits.getStreamInflight(),
              limits.getMaxSkills(),
              limits.getMaxEnabledSkills());
    }

    private static String orUnknown(String value) {
      return value.isEmpty() ? "unknown" : value;
    }
  }

  /** {@code earshot bundle reload}. */
  @Command(
      name = "reload",
      description = {
        "Loads, checks and warms a bundle beside the one that serves, then swaps. No request fails by"
            + " it; a bundle that fails its checks leaves the old one serving.",
        ""
      },
      mixinStandardHelpOptions = true,
      exitCodeListHeading = ApiCommand.EXIT_CODES,
      exitCodeList = {
        ApiCommand.EXIT_OK,
        ApiCommand.EXIT_FAILED,
        ApiCommand.EXIT_USAGE,
        ApiCommand.EXIT_UNREACHABLE
      })
  static final class Reload extends ApiCommand {
    private static final Duration DEADLINE = Duration.ofMinutes(5);

    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "DIR",
        description =
            "The bundle, as the server sees it: below the directory that holds the one it was"
                + " started with. Default: the one that serves is read again.")
    private @Nullable String directory;

    @Override
    int run(EarshotClient client) {
      ReloadBundleRequest.Builder request = ReloadBundleRequest.newBuilder();
      if (directory != null) {
        request.setPath(directory);
      }
      ReloadBundleResponse reload =
          CatalogGrpc.newBlockingStub(client.channel())
              .withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
              .reloadBundle(request.build());
      if (server().json()) {
        printJson(reload);
      } else {
        out()
            .printf(
                Locale.ROOT,
                "serving %s after %s (%s), loaded, checked and warmed in %d ms%n",
                reload.getBundleVersion(),
                reload.getPreviousBundleVersion(),
                reload.getChanged() ? "another bundle" : "the same bundle",
                Durations.toMillis(reload.getDuration()));
      }
      return ExitCode.OK;
    }
  }
}
