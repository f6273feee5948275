package dev.earshot.profile;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.earshot.profile.Profiles.Condition;
import dev.earshot.profile.Profiles.Update;
import dev.earshot.store.MemoryStore;
import dev.earshot.store.Profile;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.UserList;
import dev.earshot.store.Retention;
import dev.earshot.store.StoredProfiles;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProfilesTest {
  private static final Condition ANY = new Condition("", true);

  private Instant now = Instant.EPOCH;
  private final MemoryStore store = new MemoryStore(() -> now, Retention.DEFAULT);
  private final Profiles profiles = new Profiles(new StoredProfiles(store.profiles()), () -> now);
  private final Users users = new Users(store, profiles);

  @Test
  void keepsTheOrderOfEnabledSkillsAndDropsDuplicates() {
    join(profiles.enable("u", List.of("b", "a", "b"), ANY));
    Profile profile = join(profiles.enable("u", List.of("c", "a"), ANY));

    assertThat(profile.enabledSkillIds()).containsExactly("b", "a", "c");
    assertThat(join(profiles.disable("u", List.of("a", "zz"), ANY)).enabledSkillIds())
        .containsExactly("b", "c");
  }

  @Test
  void replacesOnlyThePartsThatAnUpdateNames() {
    join(profiles.enable("u", List.of("a"), ANY));
    UserList contacts = new UserList("contacts", List.of(new Entry("Meg Bauer", List.of())));
    Profile profile = join(profiles.update("u", new Update(null, List.of(contacts), null), ANY));

    assertThat(profile.enabledSkillIds()).containsExactly("a");
    assertThat(profile.lists()).containsExactly(contacts);
  }

  @Test
  void refusesAWriteWithAStaleEtag() {
    String etag = Profiles.etag(join(profiles.enable("u", List.of("a"), ANY)));
    join(profiles.enable("u", List.of("b"), new Condition(etag, false)));

    assertThat(problem(profiles.enable("u", List.of("c"), new Condition(etag, false))))
        .isEqualTo(ProfileException.Problem.STALE_ETAG);
    assertThat(join(profiles.get("u")).orElseThrow().enabledSkillIds()).containsExactly("a", "b");
  }

  @Test
  void anEtagFromBeforeADeletionIsStale() {
    String etag = Profiles.etag(join(profiles.enable("u", List.of("a"), ANY)));
    join(users.delete("u"));
    assertThat(problem(profiles.enable("u", List.of("c"), new Condition(etag, true))))
        .isEqualTo(ProfileException.Problem.STALE_ETAG);

    now = now.plusMillis(1);
    join(profiles.enable("u", List.of("b"), ANY));
    assertThat(problem(profiles.enable("u", List.of("c"), new Condition(etag, true))))
        .isEqualTo(ProfileException.Problem.STALE_ETAG);
  }

  @Test
  void makesAMissingProfileOnlyWhereThatIsAllowed() {
    assertThat(problem(profiles.enable("u", List.of("a"), new Condition("", false))))
        .isEqualTo(ProfileException.Problem.NOT_FOUND);
    assertThat(join(profiles.get("u"))).isEmpty();
  }

  @Test
  void changesAListByItsEntriesTexts() {
    join(profiles.updateList("u", "contacts", entries("Meg", "Ann", "Bo"), List.of(), ANY));
    Entry ann = new Entry("Ann", List.of("AE N"));
    Profile profile = join(profiles.updateList("u", "contacts", List.of(ann), List.of("Meg"), ANY));
    assertThat(profile.lists())
        .containsExactly(new UserList("contacts", List.of(ann, new Entry("Bo", List.of()))));

    Profile emptied =
        join(profiles.updateList("u", "contacts", List.of(), List.of("Ann", "Bo"), ANY));
    assertThat(emptied.lists()).isEmpty();
  }

  @Test
  void refusesAProfileThatWouldPassALimit() {
    List<String> many =
        IntStream.rangeClosed(0, Profiles.MAX_ENABLED).mapToObj(i -> "skill" + i).toList();

    assertThat(problem(profiles.enable("u", many, ANY))).isEqualTo(ProfileException.Problem.FULL);
  }

  @Test
  void refusesAProfileThatIsTooLargeToBeSent() {
    List<Entry> long8000 =
        IntStream.range(0, 8_000)
            .mapToObj(i -> new Entry("%0150d".formatted(i), List.of()))
            .toList();
    UserList list = new UserList("contacts", long8000);

    assertThat(problem(profiles.update("u", new Update(null, List.of(list), null), ANY)))
        .isEqualTo(ProfileException.Problem.FULL);
    assertThat(join(profiles.get("u"))).isEmpty();
  }

  @Test
  void losesNoWriteOfManyAtOnce() throws Exception {
    List<Thread> writers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      String skill = "skill" + i;
      writers.add(new Thread(() -> join(profiles.enable("u", List.of(skill), ANY))));
    }
    writers.forEach(Thread::start);
    for (Thread writer : writers) {
      writer.join();
    }

    assertThat(join(profiles.get("u")).orElseThrow().enabledSkillIds()).hasSize(8);
  }

  @Test
  void tellsListenersOfEveryWrite() {
    List<String> changed = new ArrayList<>();
    profiles.onChange(changed::add);
    join(profiles.enable("u", List.of("a"), ANY));
    join(users.delete("u"));

    assertThat(changed).containsExactly("u", "u");
  }

  private static List<Entry> entries(String... texts) {
    return List.of(texts).stream().map(text -> new Entry(text, List.of())).toList();
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static ProfileException.Problem problem(CompletionStage<?> stage) {
    CompletionException failure =
        catchThrowableOfType(CompletionException.class, () -> join(stage));
    return ((ProfileException) requireNonNull(failure.getCause())).problem();
  }
}
