package dev.earshot.client;

import java.util.List;

/**
 * One text of an event. Encrypted where it is stored.
 *
 * @param kind "UTTERANCE", "REPLY", "CONTACT", "DEVICE", "PLACE", "LIST_ENTRY", or any other word;
 *     unknown ones are stored and ignored
 * @param text 1 to 2,000 code points
 * @param label the part that it plays, in your words, such as "callee"; may be empty
 * @param entityId what it names, in your words; items of one entity are alternatives for the same
 *     thing; may be empty
 * @param pronunciations how it sounds, in ARPAbet phones ("B AW1 ER0"); empty: worked out
 * @param locale language of the text, BCP 47; empty: the bundle's
 */
public record ContextItem(
    String kind,
    String text,
    String label,
    String entityId,
    List<String> pronunciations,
    String locale) {
  public ContextItem {
    pronunciations = List.copyOf(pronunciations);
  }

  /** A text of which nothing else is known. */
  public static ContextItem of(String kind, String text) {
    return new ContextItem(kind, text, "", "", List.of(), "");
  }

  dev.earshot.v1.ContextItem toMessage() {
    return dev.earshot.v1.ContextItem.newBuilder()
        .setKind(kind)
        .setText(text)
        .setLabel(label)
        .setEntityId(entityId)
        .addAllPronunciations(pronunciations)
        .setLocale(locale)
        .build();
  }

  static ContextItem of(dev.earshot.v1.ContextItem message) {
    return new ContextItem(
        message.getKind(),
        message.getText(),
        message.getLabel(),
        message.getEntityId(),
        message.getPronunciationsList(),
        message.getLocale());
  }

  // User text does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "ContextItem[kind=" + kind + "]";
  }
}
