package dev.earshot.app;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads durations as people write them: 500us, 15ms, 1.5s, 2m, 1h. */
final class DurationConverter implements ITypeConverter<Duration> {
  private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)(us|ms|s|m|h)");

  private static final Map<String, Duration> UNITS =
      Map.of(
          "us", Duration.ofNanos(1_000),
          "ms", Duration.ofMillis(1),
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1));

  @Override
  public Duration convert(String value) {
    Matcher form = FORM.matcher(value);
    if (form.matches()) {
      Duration unit = UNITS.getOrDefault(form.group(2), Duration.ZERO);
      BigDecimal nanos = new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(unit.toNanos()));
      BigDecimal[] parts = nanos.divideAndRemainder(BigDecimal.valueOf(1_000_000_000));
      Duration duration = Duration.ofSeconds(parts[0].longValue(), parts[1].longValue());
      if (!duration.isZero()) {
        return duration;
      }
    }
    throw new TypeConversionException(
        "'" + value + "' (expected: a duration above 0, such as 500us, 15ms or 1.5s)");
  }
}
