package dev.earshot.phrase;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.phrase.ListedPhrases.Name;
import dev.earshot.pronunciation.Phone;
import dev.earshot.pronunciation.Pronunciation;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.UserList;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ListedPhrasesTest {
  private static final List<Pronunciation> SOUND =
      List.of(Pronunciation.of(Phone.B, Phone.AW, Phone.ER));

  private final ListedPhrases contacts =
      new PhraseMaker()
          .prepare(
              List.of(
                  new UserList(
                      "contacts",
                      Stream.of("Meg Bauer", "Tom Ford", "Meg Jones", "Anna Bauer", "Tom Ford")
                          .map(name -> new Entry(name, List.of()))
                          .toList())));

  private final List<String> workedOut = new ArrayList<>();

  @Test
  void findsNamesByTheirWordsAndAsAWhole() {
    assertThat(contacts.with("bauer")).extracting(Name::whole).contains("meg bauer", "anna bauer");
    assertThat(contacts.with("jones")).extracting(Name::whole).containsExactly("meg jones");
    assertThat(contacts.with("bau")).isEmpty();
    assertThat(contacts.named("tom ford")).isSameAs(contacts.lists().get(0).names().get(1));
    assertThat(contacts.named("tom")).isNull();
    assertThat(contacts.contains("anna bauer")).isTrue();
    assertThat(contacts.contains("bauer anna")).isFalse();
    assertThat(ListedPhrases.NONE.with("bauer")).isEmpty();
    assertThat(ListedPhrases.NONE.named("bauer")).isNull();
  }

  @Test
  void worksOutHowAFormSoundsOnce() {
    for (int i = 0; i < 3; i++) {
      assertThat(contacts.sounds("meg bauer", this::workOut)).isEqualTo(SOUND);
    }
    assertThat(contacts.sounds("meg bauer", this::workOut))
        .isSameAs(contacts.sounds("meg bauer", this::workOut));
    assertThat(workedOut).containsExactly("meg bauer");
  }

  @Test
  void keepsNothingOfWhatIsNoName() {
    contacts.sounds("play jazz", this::workOut);
    contacts.sounds("play jazz", this::workOut);

    assertThat(workedOut).containsExactly("play jazz", "play jazz");
  }

  private List<Pronunciation> workOut(String text) {
    workedOut.add(text);
    return SOUND;
  }
}
