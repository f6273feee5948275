package dev.earshot.rescore;

import dev.earshot.phrase.BiasPhrase;
import dev.earshot.phrase.SpokenText;
import dev.earshot.pronunciation.Pronunciation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Phrases laid out to be compared with many spans: every way of saying each one after the other,
 * and beside them the signatures by which most are ruled out.
 *
 * <p>Immutable and thread-safe.
 */
final class PhraseTable implements Rescorer.PreparedPhrases {
  /** Ways of saying one phrase that are compared. */
  private static final int MOST_SOUNDS = 4;

  private final List<BiasPhrase> phrases;
  private final boolean english;
  private final String[] joined;

  /** Of each phrase, the stems of its words. */
  private final List<List<String>> stems;

  private final Map<String, Integer> byWords;
  private final Set<String> words;
  private final int mostWords;
  private final float meanWords;

  /** The phrases whose sound is not known: their letters are compared. */
  private final int[] unspoken;

  /** The phones of all variants, and of each where they begin, how many, and whose they are. */
  private final byte[] phones;

  private final int[] starts;
  private final int[] lengths;
  private final int[] owners;

  /** What phones each variant has. */
  private final long[] signatures;

  private final List<PhraseLanes> lanes;

  PhraseTable(List<BiasPhrase> all) {
    phrases = List.copyOf(all);
    english =
        phrases.isEmpty()
            || phrases.stream().anyMatch(phrase -> SpokenText.isEnglish(phrase.locale()));
    joined = new String[phrases.size()];
    stems = new ArrayList<>(phrases.size());
    byWords = new HashMap<>(phrases.size() * 2);
    words = new HashSet<>();
    int most = 1;
    int sum = 0;
    List<Pronunciation> variants = new ArrayList<>();
    List<Integer> of = new ArrayList<>();
    List<Integer> silent = new ArrayList<>();
    int total = 0;
    for (int i = 0; i < phrases.size(); i++) {
      HypothesisText text = HypothesisText.of(phrases.get(i).text(), english);
      joined[i] = String.join(" ", text.words());
      stems.add(WordStem.ofEach(text.words()));
      byWords.putIfAbsent(joined[i], i);
      words.addAll(text.words());
      most = Math.max(most, text.size());
      sum += text.size();
      int before = variants.size();
      int sounds = 0;
      for (Pronunciation sound : phrases.get(i).pronunciations()) {
        if (sound.length() > 0 && sounds++ < MOST_SOUNDS) {
          variants.add(sound);
          of.add(i);
          total += Math.min(sound.length(), PhoneDistance.MAX_PHONES);
        }
      }
      if (variants.size() == before) {
        silent.add(i);
      }
    }
    mostWords = most;
    meanWords = sum / (float) Math.max(1, phrases.size());
    unspoken = silent.stream().mapToInt(Integer::intValue).toArray();
    int size = variants.size();
    phones = new byte[total];
    starts = new int[size];
    lengths = new int[size];
    owners = new int[size];
    signatures = new long[size];
    int at = 0;
    for (int i = 0; i < size; i++) {
      Pronunciation sound = variants.get(i);
      starts[i] = at;
      lengths[i] = Math.min(sound.length(), PhoneDistance.MAX_PHONES);
      owners[i] = of.get(i);
      for (int j = 0; j < lengths[i]; j++) {
        phones[at++] = (byte) sound.codeAt(j);
      }
      signatures[i] = PhoneSignature.of(phones, starts[i], lengths[i]);
    }
    lanes = PhraseLanes.of(phones, starts, lengths);
  }

  @Override
  public int size() {
    return phrases.size();
  }

  /** The words of a text, in the language of the phrases. */
  HypothesisText read(String text) {
    return HypothesisText.of(text, english);
  }

  BiasPhrase phrase(int index) {
    return phrases.get(index);
  }

  /** The phrase's words in small letters, with single spaces. */
  String joined(int index) {
    return joined[index];
  }

  /** The stems of the phrase's words. */
  List<String> stems(int index) {
    return stems.get(index);
  }

  /** The first phrase of these words, or −1. */
  int indexOf(String words) {
    return byWords.getOrDefault(words, -1);
  }

  /** Whether a word occurs in any phrase. */
  boolean hasWord(String word) {
    return words.contains(word);
  }

  /** The most words of a phrase. */
  int mostWords() {
    return mostWords;
  }

  /** The words of a phrase on average. */
  float meanWords() {
    return meanWords;
  }

  /** The phrases that are compared by their letters; not to be written to. */
  int[] unspoken() {
    return unspoken;
  }

  /** All variants, side by side. */
  List<PhraseLanes> lanes() {
    return lanes;
  }

  int owner(int variant) {
    return owners[variant];
  }

  int length(int variant) {
    return lengths[variant];
  }

  int start(int variant) {
    return starts[variant];
  }

  byte[] phones() {
    return phones;
  }

  /** The {@link PhoneSignature} of a variant. */
  long signature(int variant) {
    return signatures[variant];
  }
}
