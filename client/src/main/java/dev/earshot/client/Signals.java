package dev.earshot.client;

import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/**
 * What the caller knows about the moment of a request. All of it is optional; begin with {@link
 * #NONE} and add what is known. Immutable.
 */
public final class Signals {
  /** Nothing is known. */
  public static final Signals NONE = new Signals(dev.earshot.v1.Signals.getDefaultInstance());

  private final dev.earshot.v1.Signals message;

  private Signals(dev.earshot.v1.Signals message) {
    this.message = message;
  }

  /** With the kind of device, such as "speaker", "phone", "tv" or "car". */
  public Signals deviceType(String type) {
    return new Signals(message.toBuilder().setDeviceType(type).build());
  }

  /** With whether a screen is at hand. */
  public Signals hasScreen(boolean hasScreen) {
    return new Signals(message.toBuilder().setHasScreen(hasScreen).build());
  }

  /** With the locale of the user's speech, BCP 47: "en-US". */
  public Signals locale(String languageTag) {
    return new Signals(message.toBuilder().setLocale(languageTag).build());
  }

  /** With the time on the wall where the device is. */
  public Signals localTime(OffsetDateTime time) {
    String iso = DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time.withNano(0));
    return new Signals(message.toBuilder().setLocalTime(iso).build());
  }

  /** With states by device or function, such as {@code media: playing}. At most 32. */
  public Signals deviceStates(Map<String, String> states) {
    return new Signals(message.toBuilder().clearDeviceStates().putAllDeviceStates(states).build());
  }

  /** With what the user is doing, such as "driving". */
  public Signals activity(String activity) {
    return new Signals(message.toBuilder().setActivity(activity).build());
  }

  /** With further facts by name, for models that were trained on them. At most 64. */
  public Signals labels(Map<String, String> labels) {
    return new Signals(message.toBuilder().clearLabels().putAllLabels(labels).build());
  }

  dev.earshot.v1.Signals toMessage() {
    return message;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Signals signals && signals.message.equals(message);
  }

  @Override
  public int hashCode() {
    return message.hashCode();
  }
}
