package dev.earshot.catalog;

import dev.earshot.model.Calibration;
import dev.earshot.model.ExecutionProvider;
import dev.earshot.model.LoadReport;
import dev.earshot.model.Manifest;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is served.
 *
 * @param manifestSha256 tells bundles apart, whatever they call themselves
 * @param diskBytes size of the bundle on disk
 * @param skillCount skills that can be shortlisted
 * @param fallbackReason why {@code auto} took the CPU, or null
 * @param variants for each graph, the variant in use
 * @param loadTime when it began to serve
 */
public record BundleDescription(
    Manifest manifest,
    String manifestSha256,
    long diskBytes,
    int skillCount,
    long catalogVersion,
    Calibration calibration,
    ExecutionProvider requestedProvider,
    ExecutionProvider provider,
    @Nullable String fallbackReason,
    String runtimeVersion,
    Map<String, String> variants,
    LoadReport report,
    Instant loadTime) {
  public BundleDescription {
    variants = Map.copyOf(variants);
  }
}
