package dev.earshot.client;

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
import io.grpc.Channel;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * Enabled skills, lists and preferences of each user. A write that was answered is seen by the next
 * query that names the user.
 *
 * <p>Every method throws {@link EarshotException}; the futures of their asynchronous twins complete
 * with it. A write with an etag that is tried twice, because the connection was lost, may be
 * refused with {@link EarshotException.Aborted} though its first try succeeded. Thread-safe.
 */
public final class Profiles {
  private static final UnaryMethod<GetProfileRequest, dev.earshot.v1.Profile, Profile> GET =
      new UnaryMethod<>(ProfilesGrpc.getGetProfileMethod(), Profile::of);
  private static final UnaryMethod<UpdateProfileRequest, dev.earshot.v1.Profile, Profile> UPDATE =
      new UnaryMethod<>(ProfilesGrpc.getUpdateProfileMethod(), Profile::of);
  private static final UnaryMethod<EnableSkillsRequest, dev.earshot.v1.Profile, Profile> ENABLE =
      new UnaryMethod<>(ProfilesGrpc.getEnableSkillsMethod(), Profile::of);
  private static final UnaryMethod<DisableSkillsRequest, dev.earshot.v1.Profile, Profile> DISABLE =
      new UnaryMethod<>(ProfilesGrpc.getDisableSkillsMethod(), Profile::of);
  private static final UnaryMethod<UpdateListRequest, dev.earshot.v1.Profile, Profile> UPDATE_LIST =
      new UnaryMethod<>(ProfilesGrpc.getUpdateListMethod(), Profile::of);
  private static final UnaryMethod<DeleteUserRequest, DeleteUserResponse, DeletedUser> DELETE =
      new UnaryMethod<>(
          ProfilesGrpc.getDeleteUserMethod(),
          response ->
              new DeletedUser(response.getProfileDeleted(), response.getInteractionsDeleted()));
  private static final UnaryMethod<ListProfilesRequest, ListProfilesResponse, ProfilePage> LIST =
      new UnaryMethod<>(
          ProfilesGrpc.getListProfilesMethod(),
          response ->
              new ProfilePage(
                  response.getProfilesList().stream().map(Profile::of).toList(),
                  response.getNextPageToken()));

  private final Channel channel;
  private final Duration deadline;

  Profiles(Channel channel, Duration deadline) {
    this.channel = channel;
    this.deadline = deadline;
  }

  /** The same, with another deadline for each call. */
  public Profiles withDeadline(Duration deadline) {
    return new Profiles(channel, EarshotClient.requirePositive("deadline", deadline));
  }

  /** The profile of one user; without one this is {@link EarshotException.NotFound}. */
  public Profile get(String userId) {
    return GET.call(channel, deadline, getRequest(userId));
  }

  /** As {@link #get}. */
  public CompletableFuture<Profile> getAsync(String userId) {
    return GET.callAsync(channel, deadline, getRequest(userId));
  }

  /** The profile of one user, if there is one. */
  public Optional<Profile> find(String userId) {
    try {
      return Optional.of(get(userId));
    } catch (EarshotException.NotFound e) {
      return Optional.empty();
    }
  }

  /** Replaces parts of a profile and returns the whole as written. */
  public Profile update(ProfileUpdate update) {
    return UPDATE.call(channel, deadline, update.toMessage());
  }

  /** As {@link #update}. */
  public CompletableFuture<Profile> updateAsync(ProfileUpdate update) {
    return UPDATE.callAsync(channel, deadline, update.toMessage());
  }

  /** Turns skills on, and returns the profile as written. 1 to 2,000 ids. */
  public Profile enable(String userId, Collection<String> skillIds, WriteCondition condition) {
    return ENABLE.call(channel, deadline, enableRequest(userId, skillIds, condition));
  }

  /** As {@link #enable}. */
  public CompletableFuture<Profile> enableAsync(
      String userId, Collection<String> skillIds, WriteCondition condition) {
    return ENABLE.callAsync(channel, deadline, enableRequest(userId, skillIds, condition));
  }

  /**
   * Turns skills off, and returns the profile as written. A missing profile is never made.
   *
   * @param skillIds 1 to 2,000 ids; those that are not enabled are ignored
   */
  public Profile disable(String userId, Collection<String> skillIds, WriteCondition condition) {
    return DISABLE.call(channel, deadline, disableRequest(userId, skillIds, condition));
  }

  /** As {@link #disable}. */
  public CompletableFuture<Profile> disableAsync(
      String userId, Collection<String> skillIds, WriteCondition condition) {
    return DISABLE.callAsync(channel, deadline, disableRequest(userId, skillIds, condition));
  }

  /**
   * Changes one list, and returns the profile as written.
   *
   * @param type which list; it is made with its first entry and removed with its last
   * @param add entries to add; one whose text is there already replaces it
   * @param remove texts to remove; those that are not there are ignored
   */
  public Profile updateList(
      String userId,
      String type,
      Collection<Profile.ListEntry> add,
      Collection<String> remove,
      WriteCondition condition) {
    return UPDATE_LIST.call(
        channel, deadline, updateListRequest(userId, type, add, remove, condition));
  }

  /** As {@link #updateList}. */
  public CompletableFuture<Profile> updateListAsync(
      String userId,
      String type,
      Collection<Profile.ListEntry> add,
      Collection<String> remove,
      WriteCondition condition) {
    return UPDATE_LIST.callAsync(
        channel, deadline, updateListRequest(userId, type, add, remove, condition));
  }

  /** Removes a user and all that is kept about them. An unknown user is no error. */
  public DeletedUser delete(String userId) {
    return DELETE.call(channel, deadline, deleteRequest(userId));
  }

  /** As {@link #delete}. */
  public CompletableFuture<DeletedUser> deleteAsync(String userId) {
    return DELETE.callAsync(channel, deadline, deleteRequest(userId));
  }

  /**
   * A page of all profiles, in an order that does not change.
   *
   * @param pageSize at most so many, 0 to 1,000; 0: 100
   * @param pageToken {@link ProfilePage#nextPageToken} of the page before; empty: the first page
   */
  public ProfilePage list(int pageSize, String pageToken) {
    return LIST.call(
        channel,
        deadline,
        ListProfilesRequest.newBuilder().setPageSize(pageSize).setPageToken(pageToken).build());
  }

  /** All profiles. Pages are read as the stream gets to them, each within the deadline. */
  public Stream<Profile> all() {
    return Stream.iterate(
            Optional.of(list(0, "")),
            Optional::isPresent,
            page ->
                page.filter(p -> !p.nextPageToken().isEmpty()).map(p -> list(0, p.nextPageToken())))
        .flatMap(page -> page.map(ProfilePage::profiles).orElse(List.of()).stream());
  }

  private static GetProfileRequest getRequest(String userId) {
    return GetProfileRequest.newBuilder().setUserId(userId).build();
  }

  private static DeleteUserRequest deleteRequest(String userId) {
    return DeleteUserRequest.newBuilder().setUserId(userId).build();
  }

  private static EnableSkillsRequest enableRequest(
      String userId, Collection<String> skillIds, WriteCondition condition) {
    return EnableSkillsRequest.newBuilder()
        .setUserId(userId)
        .addAllSkillIds(skillIds)
        .setEtag(condition.etag())
        .setAllowMissing(condition.allowMissing())
        .build();
  }

  private static DisableSkillsRequest disableRequest(
      String userId, Collection<String> skillIds, WriteCondition condition) {
    return DisableSkillsRequest.newBuilder()
        .setUserId(userId)
        .addAllSkillIds(skillIds)
        .setEtag(condition.etag())
        .build();
  }

  private static UpdateListRequest updateListRequest(
      String userId,
      String type,
      Collection<Profile.ListEntry> add,
      Collection<String> remove,
      WriteCondition condition) {
    return UpdateListRequest.newBuilder()
        .setUserId(userId)
        .setType(type)
        .addAllAddEntries(add.stream().map(Profile.ListEntry::toMessage).toList())
        .addAllRemoveEntries(
            remove.stream()
                .map(text -> dev.earshot.v1.ListEntry.newBuilder().setText(text).build())
                .toList())
        .setEtag(condition.etag())
        .setAllowMissing(condition.allowMissing())
        .build();
  }
}
