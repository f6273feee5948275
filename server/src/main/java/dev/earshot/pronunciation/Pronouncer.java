package dev.earshot.pronunciation;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * How words and phrases sound: from the lexicon, else worked out from their letters and kept.
 *
 * <p>Thread-safe; nothing blocks.
 */
public final class Pronouncer {
  /** How many ways of saying a word, and a phrase, are known at most. */
  public static final int MOST = 4;

  private static final int OF_UNKNOWN_WORD = 2;
  private static final long KEPT_WORDS = 20_000;
  private static final int MAX_WORDS = 32;

  private final Lexicon lexicon;
  private final GraphemeToPhoneme letters;
  private final Set<String> languages;
  private final Cache<String, List<Pronunciation>> workedOut =
      Caffeine.newBuilder().maximumSize(KEPT_WORDS).build();

  /**
   * @param languages that these are the words of, as BCP 47 language subtags, such as {@code en}
   */
  public Pronouncer(Lexicon lexicon, GraphemeToPhoneme letters, Set<String> languages) {
    this.lexicon = lexicon;
    this.letters = letters;
    this.languages = Set.copyOf(languages);
  }

  /** Whether it knows the words of a locale, BCP 47; of the empty one, it does. */
  public boolean speaks(String locale) {
    return locale.isEmpty() || languages.contains(Locale.forLanguageTag(locale).getLanguage());
  }

  /** The words that it knows without working anything out. */
  public Lexicon lexicon() {
    return lexicon;
  }

  /**
   * How a phrase sounds.
   *
   * @param phrase words in small letters, separated by spaces
   * @return likeliest first, at most {@value #MOST}; empty if nothing of it can be spoken
   */
  public List<Pronunciation> pronounce(String phrase) {
    List<List<Pronunciation>> all = new ArrayList<>();
    int from = 0;
    while (from < phrase.length() && all.size() < MAX_WORDS) {
      int space = phrase.indexOf(' ', from);
      int to = space < 0 ? phrase.length() : space;
      if (to > from) {
        List<Pronunciation> word = pronounceWord(phrase.substring(from, to));
        if (!word.isEmpty()) {
          all.add(word);
        }
      }
      from = to + 1;
    }
    if (all.isEmpty()) {
      return List.of();
    }
    if (all.size() == 1) {
      return all.get(0);
    }
    // The likeliest of all words, then what differs in one word.
    List<Pronunciation> phrases = new ArrayList<>(MOST);
    phrases.add(join(all, -1, 0));
    for (int choice = 1; choice < MOST && phrases.size() < MOST; choice++) {
      for (int i = 0; i < all.size() && phrases.size() < MOST; i++) {
        if (choice < all.get(i).size()) {
          phrases.add(join(all, i, choice));
        }
      }
    }
    return phrases;
  }

  /** How a word sounds, likeliest first, at most {@value #MOST}. */
  public List<Pronunciation> pronounceWord(String word) {
    List<Pronunciation> known = lexicon.pronunciations(lexicon.find(word));
    return known.isEmpty() ? workedOut.get(word, this::workOut) : known;
  }

  private List<Pronunciation> workOut(String word) {
    if (word.endsWith("'s") && word.length() > 2) {
      List<Pronunciation> owners = new ArrayList<>();
      for (Pronunciation owner : pronounceOwner(word.substring(0, word.length() - 2))) {
        owners.add(owner.then(possessive(owner)));
      }
      return owners;
    }
    return letters.pronounce(word, OF_UNKNOWN_WORD);
  }

  private List<Pronunciation> pronounceOwner(String word) {
    List<Pronunciation> known = lexicon.pronunciations(lexicon.find(word));
    return known.isEmpty() ? letters.pronounce(word, OF_UNKNOWN_WORD) : known;
  }

  /** The sound of {@code 's} after a word: IH Z after a hiss, S after a voiceless stop, else Z. */
  private static Pronunciation possessive(Pronunciation owner) {
    return switch (Phone.of(owner.codeAt(owner.length() - 1))) {
      case S, Z, SH, ZH, CH, JH -> Pronunciation.of(Phone.IH, Phone.Z);
      case P, T, K, F, TH -> Pronunciation.of(Phone.S);
      default -> Pronunciation.of(Phone.Z);
    };
  }

  private static Pronunciation join(List<List<Pronunciation>> words, int which, int choice) {
    int length = 0;
    for (int i = 0; i < words.size(); i++) {
      length += words.get(i).get(i == which ? choice : 0).length();
    }
    byte[] codes = new byte[length];
    int at = 0;
    for (int i = 0; i < words.size(); i++) {
      Pronunciation word = words.get(i).get(i == which ? choice : 0);
      for (int j = 0; j < word.length(); j++) {
        codes[at++] = (byte) word.codeAt(j);
      }
    }
    return Pronunciation.of(codes, 0, length);
  }
}
