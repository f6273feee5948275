package dev.earshot.client.export;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.ListValue;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import dev.earshot.client.BiasPhrase;
import dev.earshot.client.export.Export.Cause;
import java.util.List;

/**
 * Hints for Google Cloud Speech-to-Text, v1 and v1p1beta1. After the messages {@code PhraseSet} and
 * {@code SpeechContext} in {@code google/cloud/speech/v1} and the page "Quotas and limits": {@value
 * #MOST_PHRASES} phrases and 100,000 characters a request, 100 characters a phrase, {@value
 * #MOST_IN_A_SET} phrases a set, boosts above 0 and at most 20.
 *
 * <p><b>Boosts.</b> Google gives no unit, but the same range as Earshot's, in which it recommends
 * to search; boosts are passed on unchanged. A boost of 0 or less is ignored there: such phrases
 * are left out.
 *
 * <p>Phrases are given as they are to be written. With {@code $} Google names classes of words:
 * phrases that have it are left out.
 */
public final class GoogleSpeech {
  private static final int MOST_PHRASES = 5_000;
  private static final int MOST_IN_A_SET = 1_200;
  private static final int LONGEST_PHRASE = 100;
  private static final int LARGEST_TOTAL = 100_000;

  private GoogleSpeech() {}

  /**
   * A {@code PhraseSet} in JSON, each phrase with its boost: an element of {@code
   * config.adaptation.phraseSets}, or the body of a request that creates one.
   *
   * @param unstatedBoost the boost of phrases that have none, in natural-log units
   */
  public static Export<String> phraseSet(List<BiasPhrase> phrases, double unstatedBoost) {
    Selection selection = new Selection(MOST_IN_A_SET, LONGEST_PHRASE, LARGEST_TOTAL);
    SpeechContexts contexts = new SpeechContexts(selection, unstatedBoost);
    ListValue.Builder list = ListValue.newBuilder();
    for (BiasPhrase phrase : phrases) {
      String written = phrase.written();
      double boost = phrase.boost().orElse(unstatedBoost);
      if (!isPlain(written)) {
        selection.remark(phrase, Cause.FORBIDDEN_CHARACTERS);
      } else if (boost <= 0) {
        selection.remark(phrase, Cause.NO_BOOST);
      } else if (selection.takes(phrase, written, written.length())) {
        list.addValues(
            struct(
                Struct.newBuilder()
                    .putFields("value", string(written))
                    .putFields("boost", number(contexts.clipped(phrase, boost)))));
      }
    }
    return selection.export(json(Struct.newBuilder().putFields("phrases", list(list))));
  }

  /**
   * The phrases for {@code config.speechContexts}, which have a boost for each group of phrases:
   * boosts are rounded to halves.
   *
   * @param unstatedBoost the boost of phrases that have none, in natural-log units
   */
  public static Export<List<SpeechContext>> speechContexts(
      List<BiasPhrase> phrases, double unstatedBoost) {
    Selection selection = new Selection(MOST_PHRASES, LONGEST_PHRASE, LARGEST_TOTAL);
    return selection.export(
        new SpeechContexts(selection, unstatedBoost)
            .of(phrases, BiasPhrase::written, GoogleSpeech::isPlain));
  }

  /** Contexts as the JSON array that {@code config.speechContexts} is. */
  public static String toJson(List<SpeechContext> contexts) {
    ListValue.Builder list = ListValue.newBuilder();
    for (SpeechContext context : contexts) {
      ListValue.Builder phrases = ListValue.newBuilder();
      context.phrases().forEach(phrase -> phrases.addValues(string(phrase)));
      list.addValues(
          struct(
              Struct.newBuilder()
                  .putFields("phrases", list(phrases))
                  .putFields("boost", number(context.boost()))));
    }
    return json(list);
  }

  private static boolean isPlain(String text) {
    return text.indexOf('$') < 0;
  }

  private static Value string(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static Value number(double number) {
    return Value.newBuilder().setNumberValue(number).build();
  }

  private static Value struct(Struct.Builder struct) {
    return Value.newBuilder().setStructValue(struct).build();
  }

  private static Value list(ListValue.Builder list) {
    return Value.newBuilder().setListValue(list).build();
  }

  private static String json(MessageOrBuilder message) {
    try {
      return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
    } catch (InvalidProtocolBufferException e) {
      // Thrown for unknown Any types and numbers that are not finite; boosts are clipped above.
      throw new IllegalArgumentException("boost: not a number", e);
    }
  }
}
