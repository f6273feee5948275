package dev.earshot.app;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads durations as people write them: 500us, 15ms, 1.5s, 2m. */
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)(us|ms|s|m)");

  private static final Map<String, Long> NANOS =
      Map.of("us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L, "m", 60_000_000_000L);

  @Override
  public Duration convert(String value) {
    Matcher form = FORM.matcher(value);
    if (form.matches()) {
      long unit = NANOS.getOrDefault(form.group(2), 0L);
      Duration duration =
          Duration.ofNanos(
              new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(unit)).longValue());
      if (!duration.isZero()) {
        return duration;
      }
    }
    throw new TypeConversionException(
        "'" + value + "' (expected: a duration above 0, such as 500us, 15ms or 1.5s)");
  }
}
