package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.FieldMask;
import com.google.rpc.Code;
import com.google.rpc.Status;
import dev.earshot.v1.ContextItem;
import dev.earshot.v1.DeleteUserRequest;
import dev.earshot.v1.DeleteUserResponse;
import dev.earshot.v1.EnableSkillsRequest;
import dev.earshot.v1.Event;
import dev.earshot.v1.GetInteractionRequest;
import dev.earshot.v1.GetProfileRequest;
import dev.earshot.v1.InteractionsGrpc;
import dev.earshot.v1.ListEntry;
import dev.earshot.v1.ListProfilesRequest;
import dev.earshot.v1.ListProfilesResponse;
import dev.earshot.v1.Preference;
import dev.earshot.v1.Profile;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.RecordEventsRequest;
import dev.earshot.v1.ShortlistRequest;
import dev.earshot.v1.ShortlisterGrpc;
import dev.earshot.v1.UpdateListRequest;
import dev.earshot.v1.UpdateProfileRequest;
import dev.earshot.v1.UserList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ProfilesServiceTest {
  @RegisterExtension static final ServedApi api = new ServedApi();

  private final ProfilesGrpc.ProfilesBlockingStub profiles =
      ProfilesGrpc.newBlockingStub(api.channel());

  @Test
  void storesUnknownSkillsAndReportsThemBack() {
    Profile profile = put(profile("unknown").addEnabledSkillIds("no.such.skill"));

    assertThat(profile.getEnabledSkillIdsList()).containsExactly("no.such.skill");
    assertThat(profile.getUnknownSkillIdsList()).containsExactly("no.such.skill");
    assertThat(
            ShortlisterGrpc.newBlockingStub(api.channel())
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .shortlist(
                    ShortlistRequest.newBuilder()
                        .setUtterance("hello")
                        .setUserId("unknown")
                        .build())
                .hasDegradation())
        .isFalse();
  }

  @Test
  void replacesOnlyWhatTheMaskNames() {
    put(
        profile("masked")
            .addEnabledSkillIds("a")
            .addLists(list("contacts", "Meg Bauer"))
            .addPreferences(
                Preference.newBuilder().setSubject("team").setValue("Warriors").build()));
    Profile updated =
        profiles.updateProfile(
            UpdateProfileRequest.newBuilder()
                .setProfile(profile("masked").addEnabledSkillIds("b"))
                .setUpdateMask(FieldMask.newBuilder().addPaths("lists").addPaths("etag"))
                .build());

    assertThat(updated.getEnabledSkillIdsList()).containsExactly("a");
    assertThat(updated.getListsList()).isEmpty();
    assertThat(updated.getPreferences(0).getStrength()).isEqualTo(1);
  }

  @Test
  void aWriteWithAStaleEtagIsAborted() {
    Profile first = put(profile("etag").addEnabledSkillIds("a"));
    put(profile("etag").addEnabledSkillIds("b"));
    Status status =
        statusOf(() -> put(profile("etag").addEnabledSkillIds("c").setEtag(first.getEtag())));

    assertThat(status.getCode()).isEqualTo(Code.ABORTED_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("STALE_ETAG");
  }

  @Test
  void aMissingProfileIsNotFoundUnlessItMayBeMade() {
    Status status =
        statusOf(() ->
            profiles.enableSkills(
                EnableSkillsRequest.newBuilder().setUserId("nobody").addSkillIds("a").build()));

    assertThat(status.getCode()).isEqualTo(Code.NOT_FOUND_VALUE);
    assertThat(statusOf(() -> get("nobody")).getCode()).isEqualTo(Code.NOT_FOUND_VALUE);
  }

  @Test
  void aDeletedUserIsGone() {
    put(profile("gone").addEnabledSkillIds("a"));

    assertThat(delete("gone")).isTrue();
    assertThat(delete("gone")).isFalse();
    assertThat(statusOf(() -> get("gone")).getCode()).isEqualTo(Code.NOT_FOUND_VALUE);
  }

  @Test
  void deletingAUserTakesTheConversationsAlong() {
    InteractionsGrpc.InteractionsBlockingStub interactions =
        InteractionsGrpc.newBlockingStub(api.channel());
    RecordEventsRequest.Builder write =
        RecordEventsRequest.newBuilder().setInteractionId("to be forgotten").setUserId("talker");
    put(profile("talker").addEnabledSkillIds("a"));
    interactions.recordEvents(
        write
            .addEvents(
                Event.newBuilder()
                    .setEventId("e1")
                    .setType("RECOGNIZE")
                    .addItems(ContextItem.newBuilder().setKind("UTTERANCE").setText("hello")))
            .build());
    DeleteUserResponse deleted =
        profiles.deleteUser(DeleteUserRequest.newBuilder().setUserId("talker").build());
    Status late =
        statusOf(() ->
            interactions.recordEvents(
                write.setEvents(0, Event.newBuilder().setEventId("e2").setType("ROUTE")).build()));

    assertThat(deleted.getProfileDeleted()).isTrue();
    assertThat(deleted.getInteractionsDeleted()).isEqualTo(1);
    assertThat(ServedApi.reason(late)).isEqualTo("USER_DELETED");
    assertThat(
            statusOf(() ->
                    interactions.getInteraction(
                        GetInteractionRequest.newBuilder()
                            .setInteractionId("to be forgotten")
                            .setUserId("talker")
                            .build()))
                .getCode())
        .isEqualTo(Code.NOT_FOUND_VALUE);
  }

  @Test
  void listsMoreProfilesThanAreReadAtATime() {
    for (int i = 0; i < 40; i++) {
      put(profile("many-%02d".formatted(i)).addEnabledSkillIds("a"));
    }
    ListProfilesResponse page =
        profiles.listProfiles(
            ListProfilesRequest.newBuilder().setPageSize(35).setPageToken("many-").build());

    assertThat(page.getProfilesList().stream().map(Profile::getUserId))
        .containsExactlyElementsOf(
            IntStream.range(0, 35).mapToObj("many-%02d"::formatted).toList());
    assertThat(page.getNextPageToken()).isEqualTo("many-34");
  }

  @Test
  void listsAllProfilesByPages() {
    for (int i = 0; i < 7; i++) {
      put(profile("page-" + i).addEnabledSkillIds("a"));
    }
    List<String> users = new ArrayList<>();
    String token = "page-";
    do {
      ListProfilesResponse page =
          profiles.listProfiles(
              ListProfilesRequest.newBuilder().setPageSize(3).setPageToken(token).build());
      page.getProfilesList().forEach(profile -> users.add(profile.getUserId()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());

    assertThat(users)
        .containsSubsequence(IntStream.range(0, 7).mapToObj(i -> "page-" + i).toList())
        .doesNotHaveDuplicates();
  }

  @Test
  void namesTheFieldsOfABadProfile() {
    Status status =
        statusOf(() ->
            profiles.updateProfile(
                UpdateProfileRequest.newBuilder()
                    .setProfile(
                        Profile.newBuilder()
                            .addEnabledSkillIds("")
                            .addLists(list("bad type!", "x"))
                            .addLists(list("contacts", " "))
                            .addPreferences(
                                Preference.newBuilder()
                                    .setSubject("s")
                                    .setValue("v")
                                    .setStrength(Double.NaN)))
                    .setUpdateMask(FieldMask.newBuilder().addPaths("shoe_size"))
                    .build()));

    assertThat(status.getCode()).isEqualTo(Code.INVALID_ARGUMENT_VALUE);
    assertThat(ServedApi.violations(status).stream().map(v -> v.replaceFirst(":.*", "")))
        .containsExactlyInAnyOrder(
            "profile.user_id",
            "update_mask",
            "profile.enabled_skill_ids[0]",
            "profile.lists[0].type",
            "profile.lists[1].entries[0].text",
            "profile.preferences[0].strength");
  }

  @Test
  void refusesMoreEnabledSkillsThanAProfileHolds() {
    List<String> many = IntStream.range(0, 1_999).mapToObj(i -> "s" + i).toList();
    put(profile("full").addAllEnabledSkillIds(many));
    Status status =
        statusOf(() ->
            profiles.enableSkills(
                EnableSkillsRequest.newBuilder()
                    .setUserId("full")
                    .addSkillIds("x")
                    .addSkillIds("y")
                    .build()));

    assertThat(status.getCode()).isEqualTo(Code.FAILED_PRECONDITION_VALUE);
    assertThat(ServedApi.reason(status)).isEqualTo("PROFILE_FULL");
  }

  @Test
  void refusesAnEntryThatIsBothAddedAndRemoved() {
    ListEntry entry = ListEntry.newBuilder().setText("Meg").build();
    Status status =
        statusOf(() ->
            profiles.updateList(
                UpdateListRequest.newBuilder()
                    .setUserId("both")
                    .setType("contacts")
                    .addAddEntries(entry)
                    .addRemoveEntries(entry)
                    .setAllowMissing(true)
                    .build()));

    assertThat(ServedApi.violations(status))
        .containsExactly("remove_entries[0].text: also added (expected: added or removed)");
  }

  private Profile put(Profile.Builder profile) {
    return profiles.updateProfile(
        UpdateProfileRequest.newBuilder().setProfile(profile).setAllowMissing(true).build());
  }

  private Profile get(String userId) {
    return profiles.getProfile(GetProfileRequest.newBuilder().setUserId(userId).build());
  }

  private boolean delete(String userId) {
    return profiles
        .deleteUser(DeleteUserRequest.newBuilder().setUserId(userId).build())
        .getProfileDeleted();
  }

  private static Profile.Builder profile(String userId) {
    return Profile.newBuilder().setUserId(userId);
  }

  private static UserList list(String type, String... texts) {
    UserList.Builder list = UserList.newBuilder().setType(type);
    for (String text : texts) {
      list.addEntriesBuilder().setText(text);
    }
    return list.build();
  }

  private static Status statusOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    return ServedApi.status(catchThrowable(call));
  }
}
