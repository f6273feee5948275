package dev.earshot.client;

import com.google.protobuf.FieldMask;
import dev.earshot.v1.UpdateProfileRequest;
import java.util.Collection;

/**
 * Which parts of a profile to replace, and by what: the parts that were set, empty ones included.
 * Each method returns a changed copy. Immutable.
 *
 * <pre>{@code
 * ProfileUpdate.of("ada").enabledSkills(List.of("clinc.weather@acme")).allowMissing()
 * }</pre>
 */
public final class ProfileUpdate {
  private final UpdateProfileRequest message;

  private ProfileUpdate(UpdateProfileRequest message) {
    this.message = message;
  }

  /** An update of one user's profile that replaces nothing yet. */
  public static ProfileUpdate of(String userId) {
    UpdateProfileRequest.Builder request = UpdateProfileRequest.newBuilder();
    request.getProfileBuilder().setUserId(userId);
    return new ProfileUpdate(request.build());
  }

  /** An update that replaces all parts, and makes the profile if there is none. */
  public static ProfileUpdate replacing(Profile profile) {
    ProfileUpdate update =
        of(profile.userId())
            .enabledSkills(profile.enabledSkillIds())
            .lists(profile.lists())
            .preferences(profile.preferences());
    return profile.etag().isEmpty() ? update.allowMissing() : update.etag(profile.etag());
  }

  /** Replaces the enabled skills. At most 2,000 ids. */
  public ProfileUpdate enabledSkills(Collection<String> skillIds) {
    UpdateProfileRequest.Builder request = replace("enabled_skill_ids");
    request.getProfileBuilder().clearEnabledSkillIds().addAllEnabledSkillIds(skillIds);
    return new ProfileUpdate(request.build());
  }

  /** Replaces the lists. At most 32, one of each type. */
  public ProfileUpdate lists(Collection<Profile.UserList> lists) {
    UpdateProfileRequest.Builder request = replace("lists");
    request.getProfileBuilder().clearLists();
    lists.forEach(list -> request.getProfileBuilder().addLists(list.toMessage()));
    return new ProfileUpdate(request.build());
  }

  /** Replaces the preferences. At most 256. */
  public ProfileUpdate preferences(Collection<Profile.Preference> preferences) {
    UpdateProfileRequest.Builder request = replace("preferences");
    request.getProfileBuilder().clearPreferences();
    preferences.forEach(
        preference -> request.getProfileBuilder().addPreferences(preference.toMessage()));
    return new ProfileUpdate(request.build());
  }

  /**
   * Makes the update fail with {@link EarshotException.Aborted} unless the profile still has this
   * etag.
   */
  public ProfileUpdate etag(String etag) {
    UpdateProfileRequest.Builder request = message.toBuilder();
    request.getProfileBuilder().setEtag(etag);
    return new ProfileUpdate(request.build());
  }

  /** Makes the profile if there is none; else that is {@link EarshotException.NotFound}. */
  public ProfileUpdate allowMissing() {
    return new ProfileUpdate(message.toBuilder().setAllowMissing(true).build());
  }

  private UpdateProfileRequest.Builder replace(String path) {
    UpdateProfileRequest.Builder request = message.toBuilder();
    FieldMask mask = request.getUpdateMask();
    return mask.getPathsList().contains(path)
        ? request
        : request.setUpdateMask(mask.toBuilder().addPaths(path));
  }

  UpdateProfileRequest toMessage() {
    return message;
  }
}
