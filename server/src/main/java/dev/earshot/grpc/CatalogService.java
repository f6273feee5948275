package dev.earshot.grpc;

import dev.earshot.catalog.BundleDescription;
import dev.earshot.model.LoadReport;
import dev.earshot.model.Manifest;
import dev.earshot.profile.Profiles;
import dev.earshot.v1.Calibration;
import dev.earshot.v1.CatalogGrpc;
import dev.earshot.v1.DescribeBundleRequest;
import dev.earshot.v1.DescribeBundleResponse;
import dev.earshot.v1.Device;
import dev.earshot.v1.Encoder;
import dev.earshot.v1.Graph;
import dev.earshot.v1.Limits;
import dev.earshot.v1.ReloadBundleRequest;
import dev.earshot.v1.ReloadBundleResponse;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** {@code earshot.v1.Catalog}: so far, what is served, and another bundle in its place. */
final class CatalogService extends CatalogGrpc.CatalogImplBase {
  private static final int MAX_PATH = 4_096;

  private final GrpcEndpoint.Domain domain;
  private final GrpcEndpoint.Options options;
  private final LenientMarshalling marshalling;

  CatalogService(
      GrpcEndpoint.Domain domain, GrpcEndpoint.Options options, LenientMarshalling marshalling) {
    this.domain = domain;
    this.options = options;
    this.marshalling = marshalling;
  }

  @Override
  public void describeBundle(
      DescribeBundleRequest request, StreamObserver<DescribeBundleResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          return CompletableFuture.completedFuture(describe(domain, options));
        },
        answer -> answer);
  }

  @Override
  public void reloadBundle(
      ReloadBundleRequest request, StreamObserver<ReloadBundleResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          Violations violations = new Violations();
          violations.requireAtMost("path", request.getPath(), MAX_PATH);
          violations.throwIfAny();
          return domain.reloader().reload(request.getPath().isEmpty() ? null : request.getPath());
        },
        reload ->
            ReloadBundleResponse.newBuilder()
                .setBundleVersion(reload.now().manifest().bundleVersion())
                .setPreviousBundleVersion(reload.previous().manifest().bundleVersion())
                .setCatalogVersion(reload.now().catalogVersion())
                .setChanged(reload.changed())
                .setDuration(WireTime.duration(reload.duration()))
                .build());
  }

  private static DescribeBundleResponse describe(
      GrpcEndpoint.Domain domain, GrpcEndpoint.Options options) {
    BundleDescription bundle = domain.catalog().description();
    Manifest manifest = bundle.manifest();
    LoadReport report = bundle.report();
    DescribeBundleResponse.Builder message =
        DescribeBundleResponse.newBuilder()
            .setBundleVersion(manifest.bundleVersion())
            .setFormatVersion(manifest.formatVersion())
            .setManifestSha256(bundle.manifestSha256())
            .setCatalogVersion(bundle.catalogVersion())
            .setSkillCount(bundle.skillCount())
            .setEncoder(
                Encoder.newBuilder()
                    .setDimensions(manifest.dimensions().query())
                    .setVocabularySize(manifest.dimensions().words())
                    .setMaxWords(manifest.tokenizer().maxWords()))
            .setDevice(
                Device.newBuilder()
                    .setRequestedProvider(bundle.requestedProvider().label())
                    .setProvider(bundle.provider().label())
                    .setRuntimeVersion(bundle.runtimeVersion())
                    .setWorkers(domain.workers())
                    .setIntraOpThreads(1))
            .setOutOfScopeThreshold(bundle.calibration().outOfScopeThreshold())
            .setMemoryBytes(report.memoryBytes())
            .setDiskBytes(bundle.diskBytes())
            .setLoadTime(WireTime.timestamp(bundle.loadTime()))
            .setLoadDuration(WireTime.duration(report.loadDuration()))
            .setWarmDuration(WireTime.duration(report.warmDuration()))
            .setGoldenVectors(report.goldenVectors())
            .addCalibrations(
                calibration(Calibration.Mode.MODE_CONTEXT_FREE, bundle.calibration().contextFree()))
            .addCalibrations(
                calibration(Calibration.Mode.MODE_PERSONAL, bundle.calibration().personal()))
            .setLimits(limits(options));
    if (manifest.description() != null) {
      message.setDescription(manifest.description());
    }
    if (bundle.fallbackReason() != null) {
      message.getDeviceBuilder().setFallbackReason(bundle.fallbackReason());
    }
    new TreeMap<>(bundle.variants())
        .forEach((graph, variant) ->
            message.addGraphs(
                Graph.newBuilder()
                    .setName(graph)
                    .setVariant(variant)
                    .addAllVariants(
                        new TreeSet<>(manifest.graphs().getOrDefault(graph, Map.of()).keySet()))));
    for (LoadReport.WarmShape shape : report.shapes()) {
      message
          .addShapeBucketsBuilder()
          .setGraph(shape.graph())
          .setBatch(shape.batch())
          .setWords(shape.words())
          .setEnabledSkills(shape.enabledSkills())
          .setRunUs(shape.runNanos() / 1_000);
    }
    return message.build();
  }

  private static Calibration calibration(
      Calibration.Mode mode, dev.earshot.model.Calibration.Mode values) {
    return Calibration.newBuilder()
        .setMode(mode)
        .setInverseTemperature(values.inverseTemperature())
        .setOutOfScopeWeight(values.outOfScope().weight())
        .setOutOfScopeBias(values.outOfScope().bias())
        .build();
  }

  private static Limits limits(GrpcEndpoint.Options options) {
    return Limits.newBuilder()
        .setMaxUtteranceCodePoints(Violations.MAX_UTTERANCE)
        .setMaxShortlistHypotheses(ShortlistMessages.MAX_HYPOTHESES)
        .setMaxSkills(ShortlistMessages.MAX_SKILLS)
        .setDefaultSkills(ShortlistMessages.DEFAULT_SKILLS)
        .setMaxEnabledSkills(Profiles.MAX_ENABLED)
        .setMaxInboundMessageBytes(GrpcEndpoint.MAX_INBOUND_BYTES)
        .setStreamInflight(options.streamInflight())
        .setSlo(WireTime.duration(options.slo()))
        .setSloEnforced(options.enforceSlo())
        .build();
  }
}
