package dev.earshot.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.app.ProfileImport.BadLine;
import dev.earshot.app.ProfileImport.Outcome;
import dev.earshot.app.eval.EvalProgress;
import dev.earshot.v1.Profile;
import dev.earshot.v1.UpdateProfileRequest;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ProfileImportTest {
  @TempDir Path folder;

  private final Map<String, Profile> written = new ConcurrentHashMap<>();
  private final List<BadLine> reported = new ArrayList<>();
  private final Steps steps = new Steps();

  /** The user at whom the server fails; empty: at none. */
  private volatile String unlucky = "";

  @Test
  void importsWhatCanBeImportedAndReportsTheRestByNumber() throws Exception {
    Path file = folder.resolve("users.jsonl");
    Files.writeString(
        file,
        """
        {"userId": "ada", "enabledSkillIds": ["s1"], "etag": "from elsewhere"}
        {"userId": "bob",

        {"enabledSkillIds": ["s1"]}
        {"userId": "eve", "shoeSize": 40}
        {"userId": "zoë"}
        """);
    Files.write(file, new byte[] {(byte) 0xff, '\n'}, StandardOpenOption.APPEND);
    Files.writeString(file, "{\"userId\": \"last\"}", StandardOpenOption.APPEND);
    Outcome outcome = importer(file).run(false, steps);

    assertThat(written.keySet()).containsExactlyInAnyOrder("ada", "zoë", "last");
    assertThat(written("ada").getEtag()).isEmpty();
    assertThat(outcome.progress().imported()).isEqualTo(3);
    assertThat(outcome.stopped()).isNull();
    assertThat(reported.stream().map(BadLine::line)).containsExactly(2L, 4L, 5L, 7L);
    assertThat(outcome.progress().bad()).isEqualTo(reported);
    assertThat(reported.get(1).problem()).isEqualTo("has no userId");
    assertThat(reported.get(3).problem()).isEqualTo("is not UTF-8");
    assertThat(steps.total).isEqualTo(8);
    assertThat(steps.done).isEqualTo(8);
    assertThat(ProfileImport.progressFile(file)).doesNotExist();
  }

  @Test
  void goesOnWhereItWasCutOff() throws Exception {
    Path file = users(100);
    unlucky = "user-50";
    Outcome first = importer(file).run(false, steps);

    assertThat(first.stopped()).isNotNull();
    assertThat(first.progress().lines()).isEqualTo(50);
    assertThat(ProfileImport.progressFile(file)).exists();

    unlucky = "";
    written.clear();
    Outcome second = importer(file).run(false, steps);
    assertThat(second.resumedAfter()).isEqualTo(50);
    assertThat(second.progress().imported()).isEqualTo(100);
    assertThat(written).hasSize(50).containsKey("user-50").doesNotContainKey("user-49");
    assertThat(steps.total).isEqualTo(50);
    assertThat(ProfileImport.progressFile(file)).doesNotExist();
  }

  @Test
  void keepsTheBadLinesOfBeforeItWasCutOff() throws Exception {
    Path file = users(20);
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(3, "no json");
    Files.write(file, lines);
    unlucky = "user-10";
    importer(file).run(false, steps);
    unlucky = "";

    Outcome outcome = importer(file).run(false, steps);
    assertThat(outcome.progress().bad().stream().map(BadLine::line)).containsExactly(4L);
    assertThat(outcome.progress().imported()).isEqualTo(19);
  }

  @Test
  void beginsAnewWhereTheLinesItDidHaveChangedOrItIsTold() throws Exception {
    Path file = users(20);
    unlucky = "user-10";
    importer(file).run(false, steps);
    unlucky = "";
    String changed = Files.readString(file).replace("user-3\"", "user-three\"");
    Files.writeString(file, changed);
    written.clear();

    assertThat(importer(file).run(false, steps).resumedAfter()).isZero();
    assertThat(written).hasSize(20).containsKey("user-three");

    unlucky = "user-10";
    importer(file).run(false, steps);
    unlucky = "";
    assertThat(importer(file).run(true, steps).resumedAfter()).isZero();
  }

  @Test
  void aFileOfAnEarlierImportThatCannotBeReadIsAsGoodAsNone() throws Exception {
    Path file = users(3);
    Files.writeString(ProfileImport.progressFile(file), "{\"lines\": 2, \"che");

    assertThat(importer(file).run(false, steps).progress().imported()).isEqualTo(3);
  }

  @Test
  void ofTwoLinesAboutOneUserTheLaterOneCounts() throws Exception {
    Path file = folder.resolve("twice.jsonl");
    List<String> lines =
        IntStream.range(0, 200)
            .mapToObj(i -> "{\"userId\": \"u\", \"enabledSkillIds\": [\"s" + i + "\"]}")
            .toList();
    Files.write(file, lines);
    CountDownLatch together = new CountDownLatch(2);
    AtomicBoolean met = new AtomicBoolean();
    new ProfileImport(
            file,
            request -> {
              together.countDown();
              if (request.getProfile().getEnabledSkillIds(0).equals("s0")) {
                met.set(await(together));
              }
              return write(request);
            },
            4,
            () -> 0,
            reported::add)
        .run(false, steps);

    assertThat(met).isFalse();
    assertThat(written("u").getEnabledSkillIdsList()).containsExactly("s199");
  }

  /** Whether another write came while one was going on. */
  private static boolean await(CountDownLatch together) {
    try {
      return together.await(200, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Profile written(String userId) {
    return requireNonNull(written.get(userId));
  }

  @Test
  void aProfileThatTheServerRefusesIsABadLine() throws Exception {
    Path file = users(5);
    Files.writeString(
        file, "{\"userId\": \"" + "x".repeat(129) + "\"}\n", StandardOpenOption.APPEND);
    Outcome outcome = importer(file).run(false, steps);

    assertThat(outcome.progress().imported()).isEqualTo(5);
    assertThat(outcome.progress().bad().stream().map(BadLine::line)).containsExactly(6L);
  }

  private ProfileImport importer(Path file) {
    return new ProfileImport(file, this::write, 4, () -> 0, reported::add);
  }

  private Profile write(UpdateProfileRequest request) {
    String userId = request.getProfile().getUserId();
    if (userId.equals(unlucky)) {
      throw Status.UNAVAILABLE.asRuntimeException();
    }
    if (userId.length() > 128) {
      throw Status.INVALID_ARGUMENT.withDescription("profile.user_id").asRuntimeException();
    }
    written.put(userId, request.getProfile());
    return request.getProfile();
  }

  private Path users(int count) throws Exception {
    Path file = folder.resolve("users.jsonl");
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < count; i++) {
      lines.append("{\"userId\": \"user-").append(i).append("\"}\n");
    }
    Files.write(file, lines.toString().getBytes(StandardCharsets.UTF_8));
    return file;
  }

  private static final class Steps implements EvalProgress {
    int total;
    int done;

    @Override
    public void begin(String what, int steps) {
      total = steps;
      done = 0;
    }

    @Override
    public void step() {
      done++;
    }

    @Override
    public void end() {}
  }
}
