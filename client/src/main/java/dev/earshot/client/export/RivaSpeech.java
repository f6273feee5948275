package dev.earshot.client.export;

import dev.earshot.client.BiasPhrase;
import java.util.List;

/**
 * Word boosting for NVIDIA Riva: the {@code speech_contexts} of a {@code RecognitionConfig}. After
 * {@code SpeechContext} in {@code riva/proto/riva_asr.proto}, which says that most uses are best
 * served by boosts between 0 and 20, names no limits otherwise, and has one boost for each group of
 * phrases.
 *
 * <p><b>Boosts</b> are passed on, rounded to halves and at most 20; phrases without one are left
 * out. Riva's decoder writes neither punctuation nor capitals ("ASR Customization Best Practices"
 * in its user guide), so phrases are given as they are said, and their display form is lost.
 */
public final class RivaSpeech {
  private RivaSpeech() {}

  /**
   * The phrases as messages for {@code speech_contexts}.
   *
   * @param unstatedBoost the boost of phrases that have none, in natural-log units
   */
  public static Export<List<SpeechContext>> speechContexts(
      List<BiasPhrase> phrases, double unstatedBoost) {
    Selection selection = new Selection(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);
    return selection.export(
        new SpeechContexts(selection, unstatedBoost)
            .of(phrases, BiasPhrase::text, text -> !text.isBlank()));
  }
}
