package dev.earshot.app.eval;

import dev.earshot.model.ContextText;
import dev.earshot.phrase.BiasPhrase;
import dev.earshot.rescore.NBest;
import java.util.List;

/**
 * A turn as it was recorded, with what a recogniser made of it.
 *
 * @param id of the turn
 * @param cluster what turns that resemble each other share, such as a speaker or a scenario
 * @param group under which it is reported
 * @param reference what was said
 * @param nBest what was heard
 * @param phrases what may be said, not yet pronounced
 * @param context what the context vector is made of; empty: nothing is known of the dialogue
 * @param sought what must be found in the answer: rare words, entities; may be empty
 */
record BiasTurn(
    String id,
    String cluster,
    String group,
    List<String> reference,
    NBest nBest,
    List<BiasPhrase> phrases,
    List<ContextText> context,
    List<List<String>> sought) {
  BiasTurn {
    phrases = List.copyOf(phrases);
    context = List.copyOf(context);
    sought = List.copyOf(sought);
  }

  /** The same turn, heard otherwise. */
  BiasTurn heardAs(NBest other) {
    return new BiasTurn(id, cluster, group, reference, other, phrases, context, sought);
  }
}
