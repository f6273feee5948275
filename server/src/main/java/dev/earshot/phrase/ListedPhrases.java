package dev.earshot.phrase;

import dev.earshot.phrase.NameForms.Form;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.UserList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The names in a user's lists with the forms in which they would be said, made once for a profile:
 * lists hold up to ten thousand names, and a turn has no time for them all. How they sound is
 * worked out when it is first asked for, and kept too.
 *
 * <p>Sorted arrays in place of maps: there are many users, and what the collector has to look at
 * delays all requests. Thread-safe.
 */
public final class ListedPhrases {
  /** Of a user without lists. */
  public static final ListedPhrases NONE =
      new ListedPhrases(List.of(), new TreeMap<>(), new TreeSet<>());

  private final List<NameList> lists;

  /** The words of names, sorted; names of the word at {@code i} are from {@code starts[i]}. */
  private final String[] words;

  private final int[] starts;
  private final Name[] withWord;

  /** Sorted by their whole form, of which there is one each. */
  private final Name[] byText;

  /** All forms of all names, sorted. */
  private final String[] texts;

  /** How the texts sound, where it was asked for. */
  private final AtomicReferenceArray<@Nullable List<Pronunciation>> sounds;

  private ListedPhrases(
      List<NameList> lists, NavigableMap<String, List<Name>> byWord, NavigableSet<String> texts) {
    this.lists = lists;
    this.words = byWord.keySet().toArray(String[]::new);
    this.starts = new int[words.length + 1];
    List<Name> named = new ArrayList<>();
    for (int i = 0; i < words.length; i++) {
      named.addAll(byWord.getOrDefault(words[i], List.of()));
      starts[i + 1] = named.size();
    }
    this.withWord = named.toArray(Name[]::new);
    NavigableMap<String, Name> wholes = new TreeMap<>();
    for (NameList list : lists) {
      for (Name name : list.names()) {
        wholes.putIfAbsent(name.whole(), name);
      }
    }
    this.byText = wholes.values().toArray(Name[]::new);
    this.texts = texts.toArray(String[]::new);
    this.sounds = new AtomicReferenceArray<>(this.texts.length);
  }

  /** The names of one list. */
  record NameList(String kind, List<Name> names) {}

  /**
   * A name.
   *
   * @param forms the whole first
   * @param pronunciations of the whole, as the user gave them
   */
  record Name(String kind, List<Form> forms, List<Pronunciation> pronunciations) {
    String whole() {
      return forms.get(0).text();
    }
  }

  static ListedPhrases of(List<UserList> given, NameForms names, OrdinaryWords words) {
    List<NameList> lists = new ArrayList<>(given.size());
    NavigableMap<String, List<Name>> byWord = new TreeMap<>();
    NavigableSet<String> texts = new TreeSet<>();
    for (UserList list : given) {
      String kind = kind(list.type());
      List<Name> ofList = new ArrayList<>(list.entries().size());
      for (Entry entry : list.entries()) {
        List<Form> forms = names.of(entry.text(), kind, true);
        if (forms.isEmpty()) {
          continue;
        }
        Name name = new Name(kind, forms, parsed(entry.pronunciations()));
        ofList.add(name);
        for (Form form : forms) {
          texts.add(form.text());
        }
        for (String word : new HashSet<>(List.of(forms.get(0).text().split(" ", -1)))) {
          if (!words.isOrdinary(word)) {
            // A word that is a form by itself need not be kept twice.
            String known = texts.contains(word) ? texts.floor(word) : word;
            byWord.computeIfAbsent(known, key -> new ArrayList<>(1)).add(name);
          }
        }
      }
      lists.add(new NameList(kind, List.copyOf(ofList)));
    }
    return new ListedPhrases(List.copyOf(lists), byWord, texts);
  }

  static List<Pronunciation> parsed(List<String> arpabet) {
    List<Pronunciation> known = new ArrayList<>(arpabet.size());
    for (String phones : arpabet) {
      Pronunciation.parse(phones).ifPresent(known::add);
    }
    return known;
  }

  /** The kind of a list's entries. */
  static String kind(String listType) {
    return switch (listType.toLowerCase(Locale.ROOT)) {
      case "contacts" -> "CONTACT";
      case "devices", "rooms" -> "DEVICE";
      case "places", "addresses" -> "PLACE";
      case "playlists" -> "PLAYLIST";
      case "artists" -> "ARTIST";
      case "titles", "songs", "movies", "albums", "books" -> "TITLE";
      case "products" -> "PRODUCT";
      case "people" -> "PERSON";
      default -> "LIST_ENTRY";
    };
  }

  List<NameList> lists() {
    return lists;
  }

  /** The names that hold a word, which is not an ordinary one. */
  List<Name> with(String word) {
    int found = Arrays.binarySearch(words, word);
    return found < 0
        ? List.of()
        : Arrays.asList(withWord).subList(starts[found], starts[found + 1]);
  }

  /** The name whose whole form is a text. */
  @Nullable Name named(String text) {
    int low = 0;
    int high = byText.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = byText[middle].whole().compareTo(text);
      if (order == 0) {
        return byText[middle];
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return null;
  }

  /** How many forms all names have. */
  int size() {
    return texts.length;
  }

  /** Whether a text is a form of a name. */
  boolean contains(String text) {
    return Arrays.binarySearch(texts, text) >= 0;
  }

  /**
   * How a text sounds; where it is a form of a name, it is worked out once.
   *
   * @param pronounce works it out
   */
  public List<Pronunciation> sounds(String text, Function<String, List<Pronunciation>> pronounce) {
    int found = Arrays.binarySearch(texts, text);
    if (found < 0) {
      return pronounce.apply(text);
    }
    List<Pronunciation> known = sounds.get(found);
    if (known == null) {
      known = List.copyOf(pronounce.apply(text));
      sounds.set(found, known);
    }
    return known;
  }

  /** Bytes of memory, roughly, when it is known of all how they sound. */
  public int memoryBytes() {
    return 64 + 280 * texts.length;
  }

  @Override
  public String toString() {
    return "ListedPhrases[texts=" + texts.length + "]";
  }
}
