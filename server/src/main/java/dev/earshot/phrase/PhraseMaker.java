package dev.earshot.phrase;

import dev.earshot.phrase.ListedPhrases.Name;
import dev.earshot.phrase.ListedPhrases.NameList;
import dev.earshot.phrase.NameForms.Form;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.store.ContextItem;
import dev.earshot.store.Profile.UserList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Makes the phrases that a user may say next of what is known of the turn, and ranks them by how
 * likely each is said.
 *
 * <p>Every phrase gets a probability <i>p</i>: its source has a share of what is said, which falls
 * with the root of how many names the source has (they do not exclude each other, and lists are
 * read out because one of them is wanted), with how long ago it was, and with how usual a form of a
 * name is. Its boost is {@value #BOOST_OF_CERTAINTY} + ln <i>p</i>: like a recogniser's language
 * model, which adds logarithms of probabilities, and like every boost relative to the same phrase
 * without context, which is taken to be said once in {@code e^6} turns. Where a phrase comes from
 * several sources the highest counts.
 *
 * <p>Immutable and thread-safe; nothing blocks.
 */
public final class PhraseMaker {
  static final double BOOST_OF_CERTAINTY = 6;
  private static final double LEAST_BOOST = 0.5;

  private static final String UTTERANCE = "UTTERANCE";
  private static final String REPLY = "REPLY";
  private static final String PHRASE = "PHRASE";

  /** What names something that may be said; items of other kinds are not read. */
  private static final Set<String> NAMING =
      Set.of(
          "CONTACT",
          "DEVICE",
          "PLACE",
          "LIST_ENTRY",
          "PLAYLIST",
          "ARTIST",
          "TITLE",
          "PRODUCT",
          "PERSON",
          PHRASE);

  /** Of what the reply or a screen names. */
  private static final double OF_REPLY = 0.6;

  /** Of what looks like a name in the reply's text. */
  private static final double OF_REPLY_TEXT = 0.4;

  /** Of what the interaction before named; each one before that has less. */
  private static final double OF_DIALOGUE = 0.2;

  private static final double OF_DIALOGUE_TEXT = 0.08;
  private static final double BY_AGE = 0.7;

  /** Of a list's entries, where nothing speaks for that list. */
  private static final double OF_LIST = 0.05;

  /** Where words of the utterance or the reply speak for the list's kind. */
  private static final double OF_LIST_ASKED_FOR = 0.3;

  /** Of those where the reply itself names what may be said next: then lists are rarely meant. */
  private static final double OF_LIST_BESIDE_CHOICES = 0.06;

  /** Of entries that share a rare word with utterance or reply: "Which Meg?". */
  private static final double OF_LIST_NAMED = 0.35;

  /** Words that ask for a kind of name. */
  private static final Map<String, Set<String>> CUES =
      Map.of(
          "CONTACT", Set.of("call", "phone", "dial", "ring", "text", "message", "email", "contact"),
          "DEVICE", Set.of("turn", "switch", "dim", "device", "light", "lights", "lamp", "room"),
          "PLAYLIST", Set.of("play", "listen", "playlist", "music", "shuffle"),
          "ARTIST", Set.of("play", "listen", "artist", "music", "song", "songs", "band", "singer"),
          "TITLE", Set.of("play", "watch", "read", "song", "movie", "film", "album", "book"),
          "PLACE", Set.of("navigate", "directions", "drive", "address", "destination", "weather"),
          "PRODUCT", Set.of("buy", "order", "cart", "product", "purchase"),
          "PERSON", Set.of("who", "whom", "person"));

  private static final Set<String> WHO = Set.of("who", "whom");

  private final OrdinaryWords words = OrdinaryWords.english();
  private final NameForms forms = new NameForms(words);
  private final SpokenNames names = new SpokenNames(words);

  /** Makes a user's lists ready: once for a profile, for many turns. */
  public ListedPhrases prepare(List<UserList> lists) {
    return lists.isEmpty() ? ListedPhrases.NONE : ListedPhrases.of(lists, forms, words);
  }

  /** The words of a text as it would be said: lower case, numbers and initials spelled. */
  public static String spoken(String text, String locale) {
    SpokenText spoken = SpokenText.of(text, SpokenText.isEnglish(locale));
    return spoken.words(0, spoken.size());
  }

  /** The phrases of a turn. */
  public Phrases make(TurnContext turn) {
    Turn making = new Turn(turn, SpokenText.isEnglish(turn.locale()));
    if (turn.reads(PhraseSource.REPLY)) {
      making.addInteraction(turn.items(), PhraseSource.REPLY, OF_REPLY, OF_REPLY_TEXT);
    }
    if (turn.reads(PhraseSource.DIALOGUE)) {
      double fading = 1;
      for (List<ContextItem> items : turn.earlier()) {
        making.addInteraction(
            items, PhraseSource.DIALOGUE, OF_DIALOGUE * fading, OF_DIALOGUE_TEXT * fading);
        fading *= BY_AGE;
      }
    }
    if (turn.reads(PhraseSource.PROFILE)) {
      making.addLists();
    }
    return merge(making.phrases(), turn.explicit(), turn.maxPhrases(), turn.locale());
  }

  /**
   * Puts a request's own phrases before those that were made: they override those of the same text.
   *
   * @param automatic as {@link #make} made them, at least {@code maxPhrases} unless there are fewer
   * @param locale the turn's
   */
  public static Phrases merge(
      Phrases automatic, List<ExplicitPhrase> explicit, int maxPhrases, String locale) {
    if (explicit.isEmpty() && automatic.phrases().size() <= maxPhrases) {
      return automatic;
    }
    Map<String, BiasPhrase> stated = new LinkedHashMap<>();
    for (ExplicitPhrase phrase : explicit) {
      BiasPhrase made = stated(phrase, locale);
      stated.putIfAbsent(made.text(), made);
    }
    List<BiasPhrase> further = new ArrayList<>(automatic.phrases().size());
    for (BiasPhrase phrase : automatic.phrases()) {
      BiasPhrase overriding = stated.get(phrase.text());
      if (overriding == null) {
        further.add(phrase);
      } else if (overriding.pronunciations().isEmpty()) {
        stated.put(phrase.text(), overriding.withPronunciations(phrase.pronunciations()));
      }
    }
    List<BiasPhrase> all = new ArrayList<>(stated.values());
    all.addAll(further);
    int kept = Math.min(maxPhrases, all.size());
    return new Phrases(all.subList(0, kept), all.size() - kept + automatic.dropped());
  }

  private static BiasPhrase stated(ExplicitPhrase phrase, String turnLocale) {
    String locale = phrase.locale().isEmpty() ? turnLocale : phrase.locale();
    String spoken = spoken(phrase.text(), locale);
    return new BiasPhrase(
        // Of a text without a letter or a digit nothing is left to be said.
        spoken.isEmpty() ? phrase.text().strip().toLowerCase(Locale.ROOT) : spoken,
        phrase.boost().orElse(BOOST_OF_CERTAINTY + Math.log(OF_REPLY)),
        phrase.display().isEmpty() ? phrase.text().strip() : phrase.display(),
        phrase.pronunciations(),
        phrase.kind().isEmpty() ? PHRASE : phrase.kind(),
        PhraseSource.REQUEST,
        locale);
  }

  /** One phrase while it is made. */
  private static final class Candidate {
    final String text;
    final int sequence;
    String display;
    String kind;
    String locale;
    PhraseSource source;
    double probability;
    List<Pronunciation> pronunciations;

    Candidate(
        String text,
        int sequence,
        String display,
        String kind,
        String locale,
        PhraseSource source,
        double probability,
        List<Pronunciation> pronunciations) {
      this.text = text;
      this.sequence = sequence;
      this.display = display;
      this.kind = kind;
      this.locale = locale;
      this.source = source;
      this.probability = probability;
      this.pronunciations = pronunciations;
    }

    BiasPhrase phrase() {
      double boost = Math.max(LEAST_BOOST, BOOST_OF_CERTAINTY + Math.log(probability));
      return new BiasPhrase(text, boost, display, pronunciations, kind, source, locale);
    }
  }

  /** The making of one turn's phrases. */
  private final class Turn {
    private final TurnContext turn;
    private final boolean english;
    private final Map<String, Candidate> candidates = new LinkedHashMap<>();

    Turn(TurnContext turn, boolean english) {
      this.turn = turn;
      this.english = english;
    }

    /** What one interaction names: its items, and names within its reply. */
    void addInteraction(
        List<ContextItem> items, PhraseSource source, double ofItems, double ofText) {
      IdentityHashMap<ContextItem, List<Form>> named = new IdentityHashMap<>();
      Map<String, Integer> calledSo = new HashMap<>();
      Set<String> entities = new HashSet<>();
      for (ContextItem item : items) {
        if (!NAMING.contains(item.kind())) {
          continue;
        }
        List<Form> ofItem = forms.of(item.text(), item.kind(), english);
        named.put(item, ofItem);
        String entity =
            item.entityId().isEmpty()
                ? ofItem.isEmpty() ? "" : ofItem.get(0).text()
                : "#" + item.entityId();
        if (entities.add(entity)) {
          ofItem.forEach(form -> calledSo.merge(form.text(), 1, Integer::sum));
        }
      }
      double each = ofItems / Math.sqrt(Math.max(1, entities.size()));
      for (ContextItem item : items) {
        List<Form> ofItem = named.getOrDefault(item, List.of());
        List<Pronunciation> custom = ListedPhrases.parsed(item.pronunciations());
        for (int i = 0; i < ofItem.size(); i++) {
          Form form = ofItem.get(i);
          // What several of them are called does not tell which one is meant.
          double ambiguous = i > 0 && calledSo.getOrDefault(form.text(), 1) > 1 ? 0.5 : 1;
          put(
              form,
              item.kind(),
              item.locale(),
              source,
              each * form.share() * ambiguous,
              i == 0 ? custom : List.of());
        }
      }
      for (ContextItem item : items) {
        if (item.kind().equals(REPLY)) {
          addNamesWithin(item, named.values(), source, ofText);
        }
      }
    }

    private void addNamesWithin(
        ContextItem reply, Collection<List<Form>> named, PhraseSource source, double probability) {
      for (String name : names.in(reply.text(), english)) {
        List<Form> found = forms.of(name, PHRASE, english);
        if (found.isEmpty() || isPartOfAny(found.get(0).text(), named)) {
          continue;
        }
        for (Form form : found) {
          put(form, PHRASE, reply.locale(), source, probability * form.share(), List.of());
        }
      }
    }

    /** Whether a text is named already, in whole or as a part, or holds what is named. */
    private boolean isPartOfAny(String text, Collection<List<Form>> named) {
      String padded = " " + text.replace("'s", "") + " ";
      for (List<Form> ofItem : named) {
        if (!ofItem.isEmpty()) {
          String whole = " " + ofItem.get(0).text().replace("'s", "") + " ";
          if (whole.contains(padded) || padded.contains(whole)) {
            return true;
          }
        }
      }
      return false;
    }

    private static boolean isText(ContextItem item) {
      return item.kind().equals(UTTERANCE) || item.kind().equals(REPLY);
    }

    void addLists() {
      ListedPhrases lists = turn.lists();
      boolean hasChoices =
          candidates.values().stream()
              .anyMatch(candidate -> candidate.source == PhraseSource.REPLY);
      Set<String> said = wordsOfTheTurn();
      Set<Name> already = Collections.newSetFromMap(new IdentityHashMap<>());
      List<Name> called = new ArrayList<>();
      for (String word : said) {
        for (Name name : words.isOrdinary(word) ? List.<Name>of() : lists.with(word)) {
          if (already.add(name)) {
            called.add(name);
          }
        }
      }
      double each = OF_LIST_NAMED / Math.sqrt(Math.max(1, called.size()));
      called.forEach(name -> put(name, each));
      for (NameList list : lists.lists()) {
        boolean askedFor = isAskedFor(list.kind(), said);
        double ofList =
            !askedFor ? OF_LIST : hasChoices ? OF_LIST_BESIDE_CHOICES : OF_LIST_ASKED_FOR;
        double share = ofList / Math.sqrt(Math.max(1, list.names().size()));
        int read = 0;
        for (Name name : list.names()) {
          // Those of a list are equally likely, so that more than the limit need not be looked at.
          if (read++ == turn.maxPhrases()) {
            break;
          }
          put(name, share);
        }
      }
      // What a user says of how a name sounds holds wherever the name comes from.
      for (Candidate candidate : candidates.values()) {
        Name name = lists.named(candidate.text);
        if (name != null && !name.pronunciations().isEmpty()) {
          candidate.pronunciations = merged(name.pronunciations(), candidate.pronunciations);
        }
      }
    }

    private boolean isAskedFor(String kind, Set<String> said) {
      Set<String> cues = CUES.getOrDefault(kind, Set.of());
      return said.stream().anyMatch(cues::contains)
          || (kind.equals("CONTACT") && said.stream().anyMatch(WHO::contains));
    }

    private Set<String> wordsOfTheTurn() {
      Set<String> said = new LinkedHashSet<>();
      if (turn.reads(PhraseSource.REPLY)) {
        for (ContextItem item : turn.items()) {
          if (isText(item)) {
            SpokenText text = SpokenText.of(item.text(), english);
            text.pieces().forEach(piece -> said.addAll(piece.words()));
          }
        }
      }
      return said;
    }

    private void put(Name name, double probability) {
      for (int i = 0; i < name.forms().size(); i++) {
        Form form = name.forms().get(i);
        // Nobody but the user knows who is meant by a part of a name.
        put(
            form,
            name.kind(),
            "",
            PhraseSource.PROFILE,
            probability * (i == 0 ? 1 : 0.5 * form.share()),
            i == 0 ? name.pronunciations() : List.of());
      }
    }

    private void put(
        Form form,
        String kind,
        String locale,
        PhraseSource source,
        double probability,
        List<Pronunciation> custom) {
      Candidate known = candidates.get(form.text());
      if (known == null) {
        candidates.put(
            form.text(),
            new Candidate(
                form.text(),
                candidates.size(),
                form.display(),
                kind,
                locale.isEmpty() ? turn.locale() : locale,
                source,
                probability,
                custom));
        return;
      }
      known.probability = Math.max(known.probability, probability);
      if (known.kind.equals(PHRASE)) {
        // Who knows what it names knows better than who found it in a text.
        known.kind = kind;
      }
      known.pronunciations = merged(known.pronunciations, custom);
    }

    private static List<Pronunciation> merged(List<Pronunciation> first, List<Pronunciation> more) {
      if (more.isEmpty() || first.equals(more)) {
        return first;
      }
      List<Pronunciation> all = new ArrayList<>(first);
      for (Pronunciation pronunciation : more) {
        if (!all.contains(pronunciation)) {
          all.add(pronunciation);
        }
      }
      return all;
    }

    /** Those that the limit leaves. */
    Phrases phrases() {
      List<Candidate> ranked = new ArrayList<>(candidates.values());
      ranked.sort(
          Comparator.comparingDouble((Candidate candidate) -> -candidate.probability)
              .thenComparingInt(candidate -> candidate.sequence));
      int kept = Math.min(turn.maxPhrases(), ranked.size());
      List<BiasPhrase> made = new ArrayList<>(kept);
      for (Candidate candidate : ranked.subList(0, kept)) {
        made.add(candidate.phrase());
      }
      return new Phrases(made, ranked.size() - kept + unread());
    }

    /** How many texts of lists are no candidates, since likelier ones fill the limit. */
    private int unread() {
      if (!turn.reads(PhraseSource.PROFILE)) {
        return 0;
      }
      ListedPhrases lists = turn.lists();
      int read = 0;
      for (String text : candidates.keySet()) {
        read += lists.contains(text) ? 1 : 0;
      }
      return lists.size() - read;
    }
  }
}
