package dev.earshot.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import com.google.rpc.Code;
import dev.earshot.client.Profile.ListEntry;
import dev.earshot.client.Profile.Preference;
import dev.earshot.client.Profile.UserList;
import dev.earshot.v1.DeleteUserRequest;
import dev.earshot.v1.DeleteUserResponse;
import dev.earshot.v1.DisableSkillsRequest;
import dev.earshot.v1.EnableSkillsRequest;
import dev.earshot.v1.GetProfileRequest;
import dev.earshot.v1.ListProfilesRequest;
import dev.earshot.v1.ListProfilesResponse;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.UpdateListRequest;
import dev.earshot.v1.UpdateProfileRequest;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ProfilesTest {
  private static final dev.earshot.v1.Profile STORED =
      dev.earshot.v1.Profile.newBuilder()
          .setUserId("ada")
          .addEnabledSkillIds("s1")
          .addLists(
              dev.earshot.v1.UserList.newBuilder()
                  .setType("contacts")
                  .addEntries(
                      dev.earshot.v1.ListEntry.newBuilder()
                          .setText("Meg Bauer")
                          .addPronunciations("B AW1 ER0")))
          .addPreferences(
              dev.earshot.v1.Preference.newBuilder().setSubject("team").setValue("Warriors"))
          .setEtag("e1")
          .setUpdateTime(Timestamp.newBuilder().setSeconds(1_700_000_000))
          .addUnknownSkillIds("s1")
          .build();

  private final Peer peer = new Peer();
  private final PeerServer server = PeerServer.start(peer);
  private final EarshotClient client = server.client().build();
  private final Profiles profiles = client.profiles();

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  @Test
  void readsAProfile() {
    Profile profile = profiles.get("ada");
    assertThat(profile.enabledSkillIds()).containsExactly("s1");
    assertThat(profile.lists())
        .containsExactly(
            new UserList("contacts", List.of(new ListEntry("Meg Bauer", List.of("B AW1 ER0")))));
    assertThat(profile.preferences()).containsExactly(Preference.of("team", "Warriors"));
    assertThat(profile.etag()).isEqualTo("e1");
    assertThat(profile.updateTime()).isEqualTo(Instant.ofEpochSecond(1_700_000_000));
    assertThat(profile.unknownSkillIds()).containsExactly("s1");
  }

  @Test
  void tellsAMissingProfile() {
    assertThatExceptionOfType(EarshotException.NotFound.class)
        .isThrownBy(() -> profiles.get("nobody"));
    assertThat(profiles.find("nobody")).isEmpty();
    assertThat(profiles.find("ada")).isPresent();
  }

  @Test
  void replacesTheNamedPartsAlone() {
    profiles.update(
        ProfileUpdate.of("ada").enabledSkills(List.of("s2", "s3")).lists(List.of()).etag("e1"));
    UpdateProfileRequest request = (UpdateProfileRequest) peer.requests.remove();
    assertThat(request.getUpdateMask().getPathsList())
        .containsExactly("enabled_skill_ids", "lists");
    assertThat(request.getProfile().getEnabledSkillIdsList()).containsExactly("s2", "s3");
    assertThat(request.getProfile().getEtag()).isEqualTo("e1");
    assertThat(request.getAllowMissing()).isFalse();
  }

  @Test
  void writesBackWhatItRead() {
    profiles.update(ProfileUpdate.replacing(Profile.of(STORED)));
    UpdateProfileRequest request = (UpdateProfileRequest) peer.requests.remove();
    assertThat(request.getProfile())
        .isEqualTo(STORED.toBuilder().clearUpdateTime().clearUnknownSkillIds().build());
    assertThat(request.getUpdateMask().getPathsCount()).isEqualTo(3);
  }

  @Test
  void carriesTheConditionsOfWrites() {
    profiles.enable("ada", List.of("s2"), WriteCondition.NONE);
    profiles.disable("ada", List.of("s1"), WriteCondition.unchanged(Profile.of(STORED)));
    profiles.updateList(
        "ada",
        "contacts",
        List.of(ListEntry.of("Meg Jones")),
        List.of("Meg Bauer"),
        WriteCondition.EXISTS);
    EnableSkillsRequest enable = (EnableSkillsRequest) peer.requests.remove();
    assertThat(enable.getAllowMissing()).isTrue();
    assertThat(enable.getSkillIdsList()).containsExactly("s2");
    DisableSkillsRequest disable = (DisableSkillsRequest) peer.requests.remove();
    assertThat(disable.getEtag()).isEqualTo("e1");
    UpdateListRequest list = (UpdateListRequest) peer.requests.remove();
    assertThat(list.getAllowMissing()).isFalse();
    assertThat(list.getAddEntries(0).getText()).isEqualTo("Meg Jones");
    assertThat(list.getRemoveEntries(0).getText()).isEqualTo("Meg Bauer");
  }

  @Test
  void tellsWhatADeletionRemoved() {
    assertThat(profiles.delete("ada")).isEqualTo(new DeletedUser(true, 2));
    assertThat(profiles.deleteAsync("ada").join()).isEqualTo(new DeletedUser(true, 2));
  }

  @Test
  void walksThroughAllPages() {
    assertThat(profiles.all().map(Profile::userId)).containsExactly("p0", "p1", "p2");
  }

  private static final class Peer extends ProfilesGrpc.ProfilesImplBase {
    final LinkedBlockingQueue<Message> requests = new LinkedBlockingQueue<>();

    private void answer(Message request, StreamObserver<dev.earshot.v1.Profile> observer) {
      requests.add(request);
      observer.onNext(STORED);
      observer.onCompleted();
    }

    @Override
    public void getProfile(
        GetProfileRequest request, StreamObserver<dev.earshot.v1.Profile> observer) {
      if (request.getUserId().equals("ada")) {
        answer(request, observer);
      } else {
        observer.onError(
            StatusProto.toStatusRuntimeException(EarshotClientTest.error(Code.NOT_FOUND)));
      }
    }

    @Override
    public void updateProfile(
        UpdateProfileRequest request, StreamObserver<dev.earshot.v1.Profile> observer) {
      answer(request, observer);
    }

    @Override
    public void enableSkills(
        EnableSkillsRequest request, StreamObserver<dev.earshot.v1.Profile> observer) {
      answer(request, observer);
    }

    @Override
    public void disableSkills(
        DisableSkillsRequest request, StreamObserver<dev.earshot.v1.Profile> observer) {
      answer(request, observer);
    }

    @Override
    public void updateList(
        UpdateListRequest request, StreamObserver<dev.earshot.v1.Profile> observer) {
      answer(request, observer);
    }

    @Override
    public void deleteUser(DeleteUserRequest request, StreamObserver<DeleteUserResponse> observer) {
      observer.onNext(
          DeleteUserResponse.newBuilder()
              .setProfileDeleted(true)
              .setInteractionsDeleted(2)
              .build());
      observer.onCompleted();
    }

    @Override
    public void listProfiles(
        ListProfilesRequest request, StreamObserver<ListProfilesResponse> observer) {
      int page = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
      observer.onNext(
          ListProfilesResponse.newBuilder()
              .addProfiles(STORED.toBuilder().setUserId("p" + page))
              .setNextPageToken(page == 2 ? "" : Integer.toString(page + 1))
              .build());
      observer.onCompleted();
    }
  }
}
