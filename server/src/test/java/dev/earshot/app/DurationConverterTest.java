package dev.earshot.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class DurationConverterTest {
  private final DurationConverter converter = new DurationConverter();

  @Test
  void readsWhatPeopleWrite() {
    assertThat(converter.convert("500us")).isEqualTo(Duration.ofNanos(500_000));
    assertThat(converter.convert("15ms")).isEqualTo(Duration.ofMillis(15));
    assertThat(converter.convert("1.5s")).isEqualTo(Duration.ofMillis(1_500));
    assertThat(converter.convert("2m")).isEqualTo(Duration.ofMinutes(2));
    assertThat(converter.convert("999999999h")).isEqualTo(Duration.ofHours(999_999_999));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "15", "ms", "-1ms", "0s", "1d", "1,5s", "9999999999s"})
  void refusesTheRest(String value) {
    assertThatExceptionOfType(TypeConversionException.class)
        .isThrownBy(() -> converter.convert(value))
        .withMessageContaining("expected:");
  }
}
