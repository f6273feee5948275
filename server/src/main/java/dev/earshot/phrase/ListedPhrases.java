package dev.earshot.phrase;

import dev.earshot.phrase.NameForms.Form;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.UserList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names in a user's lists with the forms in which they would be said, made once for a profile:
 * lists hold up to ten thousand names, and a turn has no time for them all. Immutable and
 * thread-safe.
 */
public final class ListedPhrases {
  /** Of a user without lists. */
  public static final ListedPhrases NONE = new ListedPhrases(List.of(), Map.of(), Set.of());

  private final List<NameList> lists;
  private final Map<String, List<Name>> byWord;
  private final Map<String, Name> byText;
  private final Set<String> texts;

  private ListedPhrases(List<NameList> lists, Map<String, List<Name>> byWord, Set<String> texts) {
    this.lists = lists;
    this.byWord = byWord;
    this.texts = texts;
    Map<String, Name> names = new HashMap<>();
    for (NameList list : lists) {
      for (Name name : list.names()) {
        names.putIfAbsent(name.forms().get(0).text(), name);
      }
    }
    this.byText = names;
  }

  /** The names of one list. */
  record NameList(String kind, List<Name> names) {}

  /**
   * A name.
   *
   * @param forms the whole first
   * @param pronunciations of the whole, as the user gave them
   */
  record Name(String kind, List<Form> forms, List<Pronunciation> pronunciations) {}

  static ListedPhrases of(List<UserList> given, NameForms names, OrdinaryWords words) {
    List<NameList> lists = new ArrayList<>(given.size());
    Map<String, List<Name>> byWord = new HashMap<>();
    Set<String> texts = new HashSet<>();
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
            byWord.computeIfAbsent(word, key -> new ArrayList<>(1)).add(name);
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
    return byWord.getOrDefault(word, List.of());
  }

  /** The name whose whole form is a text. */
  @Nullable Name named(String text) {
    return byText.get(text);
  }

  /** All forms of all names. */
  Set<String> texts() {
    return texts;
  }

  /** Bytes of memory, roughly. */
  public int memoryBytes() {
    return 64 + 420 * texts.size();
  }

  @Override
  public String toString() {
    return "ListedPhrases[texts=" + texts.size() + "]";
  }
}
