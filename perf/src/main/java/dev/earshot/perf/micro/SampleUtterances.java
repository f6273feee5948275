package dev.earshot.perf.micro;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * What benchmarks say to the model: 64 utterances of one to nineteen words, a few words of them in
 * no vocabulary.
 */
public final class SampleUtterances {
  private static final String RESOURCE = "/dev/earshot/perf/utterances.txt";

  private SampleUtterances() {}

  public static List<String> read() {
    InputStream in = Objects.requireNonNull(SampleUtterances.class.getResourceAsStream(RESOURCE));
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return lines.lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
