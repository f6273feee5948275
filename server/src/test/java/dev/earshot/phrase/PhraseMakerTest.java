package dev.earshot.phrase;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.store.ContextItem;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.UserList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PhraseMakerTest {
  private final PhraseMaker maker = new PhraseMaker();

  private static ContextItem item(String kind, String text) {
    return new ContextItem(kind, text, "", "", List.of(), "");
  }

  private static ContextItem reply(String text) {
    return item("REPLY", text);
  }

  private Phrases of(ContextItem... items) {
    return maker.make(TurnContext.of(List.of(items), 100));
  }

  private static List<String> texts(Phrases phrases) {
    return phrases.phrases().stream().map(BiasPhrase::text).toList();
  }

  private static BiasPhrase phrase(Phrases phrases, String text) {
    return phrases.phrases().stream()
        .filter(phrase -> phrase.text().equals(text))
        .findFirst()
        .orElseThrow(() -> new AssertionError(text + " is missing"));
  }

  private ListedPhrases lists(String type, String... names) {
    return maker.prepare(
        List.of(
            new UserList(
                type, Arrays.stream(names).map(name -> new Entry(name, List.of())).toList())));
  }

  @Test
  void offersTheNamesOfTheReplyAndWhatPeopleAreCalledFor() {
    Phrases phrases =
        of(
            item("UTTERANCE", "call Meg"),
            reply("Do you mean Meg Jones or Meg Bauer?"),
            item("CONTACT", "Meg Jones"),
            item("CONTACT", "Meg Bauer"));
    assertThat(texts(phrases)).containsExactly("meg jones", "meg bauer", "jones", "bauer", "meg");
    assertThat(phrases.dropped()).isZero();
    BiasPhrase bauer = phrase(phrases, "bauer");
    assertThat(bauer.display()).isEqualTo("Bauer");
    assertThat(bauer.kind()).isEqualTo("CONTACT");
    assertThat(bauer.source()).isEqualTo(PhraseSource.REPLY);
    assertThat(bauer.boost()).isBetween(3.0, phrase(phrases, "meg bauer").boost());
  }

  @Test
  void findsNamesInTheReplyThatNobodyMarked() {
    assertThat(texts(of(reply("Do you mean Meg Jones or Meg Bauer?"))))
        .contains("meg jones", "meg bauer", "jones", "bauer");
    assertThat(phrase(of(reply("I found Penguin Highway near you.")), "penguin highway").kind())
        .isEqualTo("PHRASE");
  }

  @Test
  void knowsFromTheListsWhatANameInTheReplyNames() {
    Phrases phrases =
        maker.make(
            TurnContext.of(List.of(reply("Do you mean Meg Jones or Meg Bauer?")), 100)
                .withLists(lists("contacts", "Meg Bauer", "Meg Jones", "Tom Ford")));
    BiasPhrase bauer = phrase(phrases, "meg bauer");
    assertThat(bauer.kind()).isEqualTo("CONTACT");
    assertThat(bauer.source()).isEqualTo(PhraseSource.REPLY);
    assertThat(texts(phrases).indexOf("bauer")).isLessThan(texts(phrases).indexOf("tom ford"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          There's a song called Highway 61 Revisited.      | highway sixty one revisited
          How about Lord of the Rings?                     | lord of the rings
          You ought to visit the American Writers Museum.  | american writers museum
          Would you like to hear "after" next?             | after
          Kinza is a nice place.                           | kinza
          """)
  void readsNamesOffTheWriting(String reply, String expected) {
    assertThat(texts(of(reply(reply)))).contains(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Sure. What time would you like to leave on Monday?
          I found 3 movies. Do you want to watch the first one?
          OK. The second one is on.
          ANYTHING ELSE I CAN DO FOR YOU TODAY SIR
          okay, which city?
          """)
  void findsNoNamesWhereThereAreNone(String reply) {
    assertThat(texts(of(reply(reply)))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          TITLE   | How to Train Your Dragon: The Hidden World | how to train your dragon
          TITLE   | The Poseidon Adventure                     | poseidon adventure
          TITLE   | The Mustang                                | mustang
          TITLE   | Help! (Remastered)                         | help
          TITLE   | Rocky II                                   | rocky two
          PLACE   | Highway 61                                 | highway sixty one
          PLACE   | Springfield, Illinois                      | springfield
          PLACE   | 900 Pepper Tree Lane                       | pepper tree lane
          PLACE   | Route 101                                  | route one hundred one
          PLACE   | Alderwood Apartments                       | alderwood
          CONTACT | Dr. Meg Bauer                              | meg bauer
          CONTACT | Bauer, Meg                                 | meg bauer
          CONTACT | Bauer, Meg                                 | bauer
          CONTACT | J. R. Smith                                | smith
          CONTACT | Joe's Pizza                                | joe's
          CONTACT | Meg from work                              | meg
          CONTACT | John Quincy Adams                          | john adams
          CONTACT | Adele's                                    | adele
          ARTIST  | The Beatles                                | beatles
          ARTIST  | Bob Dylan                                  | dylan
          LIST_ENTRY | Meg Bauer                               | bauer
          """)
  void offersFormsThatPeopleSay(String kind, String name, String form) {
    assertThat(texts(of(item(kind, name)))).contains(form);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          TITLE      | The Movie               | movie
          TITLE      | The One                 | one
          TITLE      | Captain Marvel          | marvel
          PLACE      | American Writers Museum | museum
          CONTACT    | Joe's Pizza             | pizza
          CONTACT    | Meg from work           | work
          CONTACT    | Will Young              | will
          CONTACT    | J. R. Smith             | j
          LIST_ENTRY | the second one          | second
          DEVICE     | Kitchen Light           | light
          """)
  void makesNoPhraseOfAnOrdinaryWordAlone(String kind, String name, String form) {
    assertThat(texts(of(item(kind, name)))).doesNotContain(form);
  }

  @Test
  void keepsAnOrdinaryWordThatIsTheWholeNameButNotAFunctionWord() {
    Phrases phrases = of(item("TITLE", "After"), item("TITLE", "Hellboy"), item("TITLE", "The"));
    assertThat(texts(phrases)).containsExactly("hellboy", "after");
  }

  @Test
  void readsNoItemsOfKindsThatItDoesNotKnow() {
    assertThat(texts(of(item("SMELL", "Rose Attar"), item("PLACE", "Zanzibar"))))
        .containsExactly("zanzibar");
  }

  @Test
  void makesNoPhraseOfASentence() {
    assertThat(
            texts(
                of(
                    item(
                        "LIST_ENTRY",
                        "this is what was said in the news today about the weather in the north of"
                            + " the country"))))
        .isEmpty();
  }

  @Test
  void readsWhatAScreenShowsAndWhatTheDialogueNamedBefore() {
    Phrases phrases =
        maker.make(
            TurnContext.of(List.of(item("LIST_ENTRY", "Ramen Shop")), 100)
                .withEarlier(
                    List.of(
                        List.of(reply("Okay."), item("PLACE", "Poughkeepsie")),
                        List.of(reply("It is sunny in Schenectady.")))));
    assertThat(texts(phrases)).startsWith("ramen shop").contains("poughkeepsie", "schenectady");
    assertThat(phrase(phrases, "poughkeepsie").source()).isEqualTo(PhraseSource.DIALOGUE);
    assertThat(phrase(phrases, "poughkeepsie").boost())
        .isGreaterThan(phrase(phrases, "schenectady").boost());
  }

  @Test
  void ranksEntriesThatTheReplyNamesBeforeOthersOfTheList() {
    ListedPhrases contacts = lists("contacts", "Ann Lee", "Tom Ford", "Meg Jones", "Meg Bauer");
    Phrases phrases =
        maker.make(TurnContext.of(List.of(reply("Which Meg?")), 100).withLists(contacts));
    assertThat(texts(phrases).subList(0, 3)).contains("meg jones", "meg bauer");
    assertThat(phrase(phrases, "meg bauer").source()).isEqualTo(PhraseSource.PROFILE);
    assertThat(phrase(phrases, "meg bauer").kind()).isEqualTo("CONTACT");
    assertThat(phrase(phrases, "meg bauer").boost())
        .isGreaterThan(phrase(phrases, "tom ford").boost() + 1);
  }

  @Test
  void favoursTheListThatTheTurnAsksFor() {
    ListedPhrases lists =
        maker.prepare(
            List.of(
                new UserList("playlists", List.of(new Entry("Quiet Storm", List.of()))),
                new UserList("contacts", List.of(new Entry("Tom Ford", List.of())))));
    Phrases phrases =
        maker.make(
            TurnContext.of(List.of(reply("Who do you want to call?")), 100).withLists(lists));
    assertThat(texts(phrases)).startsWith("tom ford");
    Phrases music =
        maker.make(TurnContext.of(List.of(reply("What shall I play?")), 100).withLists(lists));
    assertThat(texts(music)).startsWith("quiet storm");
  }

  @Test
  void countsWhatTheLimitCutsOff() {
    String[] many =
        IntStream.range(0, 3_000).mapToObj(i -> "Zork" + letters(i)).toArray(String[]::new);
    ListedPhrases contacts = lists("contacts", many);
    Phrases phrases =
        maker.make(TurnContext.of(List.of(item("CONTACT", "Meg Bauer")), 10).withLists(contacts));
    assertThat(texts(phrases)).hasSize(10).startsWith("meg bauer");
    assertThat(phrases.dropped()).isEqualTo(3_003 - 10);
    Phrases none = maker.make(TurnContext.of(List.of(item("CONTACT", "Meg Bauer")), 0));
    assertThat(none.phrases()).isEmpty();
    assertThat(none.dropped()).isEqualTo(3);
  }

  private static String letters(int number) {
    StringBuilder word = new StringBuilder();
    for (int rest = number; word.length() < 4; rest /= 26) {
      word.append((char) ('a' + rest % 26));
    }
    return word.toString();
  }

  @Test
  void putsExplicitPhrasesFirstAndLetsThemOverride() {
    ExplicitPhrase bauer =
        new ExplicitPhrase("Meg  Bauer", OptionalDouble.of(9), "MEG B.", List.of(), "PERSON", "");
    Phrases phrases =
        maker.make(
            TurnContext.of(List.of(item("CONTACT", "Meg Bauer")), 100)
                .withExplicit(
                    List.of(ExplicitPhrase.of("Zanzibar"), bauer, ExplicitPhrase.of("zanzibar"))));
    assertThat(texts(phrases)).startsWith("zanzibar", "meg bauer").doesNotHaveDuplicates();
    BiasPhrase overridden = phrase(phrases, "meg bauer");
    assertThat(overridden.source()).isEqualTo(PhraseSource.REQUEST);
    assertThat(overridden.boost()).isEqualTo(9);
    assertThat(overridden.display()).isEqualTo("MEG B.");
    assertThat(overridden.kind()).isEqualTo("PERSON");
    assertThat(phrase(phrases, "zanzibar").boost()).isGreaterThan(5);
    assertThat(phrase(phrases, "zanzibar").display()).isEqualTo("Zanzibar");
  }

  @Test
  void keepsAnExplicitBoostOfZeroAndAPhraseWithoutLetters() {
    Phrases phrases =
        maker.make(
            TurnContext.of(List.of(), 100)
                .withExplicit(
                    List.of(
                        new ExplicitPhrase("tea", OptionalDouble.of(0), "", List.of(), "", ""),
                        ExplicitPhrase.of("?!"))));
    assertThat(texts(phrases)).containsExactly("tea", "?!");
    assertThat(phrase(phrases, "tea").boost()).isZero();
  }

  @Test
  void takesPronunciationsOfTheUserBeforeThoseOfTheItem() {
    Pronunciation ofTheUser = Pronunciation.parse("M EH G B AW ER").orElseThrow();
    Pronunciation ofTheItem = Pronunciation.parse("M EY G B OW ER").orElseThrow();
    ListedPhrases contacts =
        maker.prepare(
            List.of(
                new UserList(
                    "contacts",
                    List.of(new Entry("Meg Bauer", List.of("M EH1 G B AW1 ER0", "nonsense"))))));
    Phrases phrases =
        maker.make(
            TurnContext.of(
                    List.of(
                        new ContextItem(
                            "CONTACT", "Meg Bauer", "", "", List.of("M EY1 G B OW1 ER0"), "")),
                    100)
                .withLists(contacts));
    BiasPhrase bauer = phrase(phrases, "meg bauer");
    assertThat(bauer.source()).isEqualTo(PhraseSource.REPLY);
    assertThat(bauer.pronunciations()).containsExactly(ofTheUser, ofTheItem);
  }

  @Test
  void countsAlternativesOfOneEntityOnce() {
    ContextItem megBauer = new ContextItem("CONTACT", "Meg Bauer", "", "42", List.of(), "");
    ContextItem margaret = new ContextItem("CONTACT", "Margaret Bauer", "", "42", List.of(), "");
    Phrases together = of(megBauer, margaret);
    Phrases apart = of(item("CONTACT", "Meg Bauer"), item("CONTACT", "Margaret Bauer"));
    assertThat(phrase(together, "meg bauer").boost())
        .isGreaterThan(phrase(apart, "meg bauer").boost());
  }

  @Test
  void leavesOutTheSignalsThatItIsToldTo() {
    TurnContext turn =
        TurnContext.of(List.of(reply("Which Meg?"), item("CONTACT", "Meg Bauer")), 100)
            .withEarlier(List.of(List.of(item("PLACE", "Poughkeepsie"))))
            .withLists(lists("contacts", "Tom Ford"));
    assertThat(texts(maker.make(turn))).contains("meg bauer", "poughkeepsie", "tom ford");
    assertThat(texts(maker.make(turn.without(EnumSet.of(PhraseSource.REPLY)))))
        .contains("poughkeepsie", "tom ford")
        .doesNotContain("meg bauer");
    assertThat(texts(maker.make(turn.without(EnumSet.of(PhraseSource.DIALOGUE)))))
        .doesNotContain("poughkeepsie");
    Phrases withoutLists = maker.make(turn.without(Set.of(PhraseSource.PROFILE)));
    assertThat(texts(withoutLists)).doesNotContain("tom ford");
    assertThat(withoutLists.dropped()).isZero();
  }

  @Test
  void doesNotRepeatInTheReplyWhatItemsName() {
    Phrases phrases = of(reply("Shall I call Meg Bauer's office?"), item("CONTACT", "Meg Bauer"));
    assertThat(texts(phrases)).containsExactly("meg bauer", "meg", "bauer");
  }

  @Test
  void tellsNobodyTheTextsByWayOfStrings() {
    Phrases phrases = of(item("CONTACT", "Meg Bauer"));
    assertThat(phrases.toString()).doesNotContainIgnoringCase("bauer");
    assertThat(TurnContext.of(List.of(item("CONTACT", "Meg Bauer")), 1).toString())
        .doesNotContainIgnoringCase("bauer");
  }
}
