package dev.earshot.grpc;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.earshot.catalog.Catalog;
import dev.earshot.profile.Profiles;
import dev.earshot.profile.Profiles.Condition;
import dev.earshot.profile.Profiles.Update;
import dev.earshot.profile.Users;
import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.Preference;
import dev.earshot.v1.DeleteUserRequest;
import dev.earshot.v1.DeleteUserResponse;
import dev.earshot.v1.DisableSkillsRequest;
import dev.earshot.v1.EnableSkillsRequest;
import dev.earshot.v1.GetProfileRequest;
import dev.earshot.v1.ListEntry;
import dev.earshot.v1.ListProfilesRequest;
import dev.earshot.v1.ListProfilesResponse;
import dev.earshot.v1.Profile;
import dev.earshot.v1.ProfilesGrpc;
import dev.earshot.v1.UpdateListRequest;
import dev.earshot.v1.UpdateProfileRequest;
import dev.earshot.v1.UserList;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** {@code earshot.v1.Profiles} over the domain's {@link Profiles}. */
final class ProfilesService extends ProfilesGrpc.ProfilesImplBase {
  private static final Set<String> PARTS = Set.of("enabled_skill_ids", "lists", "preferences");
  private static final Set<String> IGNORED_PATHS =
      Set.of("user_id", "etag", "update_time", "unknown_skill_ids");
  private static final int MAX_TEXT = 200;
  private static final int MAX_PREFERENCE_SKILLS = 32;
  private static final int MAX_PAGE = 1_000;
  private static final int DEFAULT_PAGE = 100;

  private static final int PROFILES_AT_A_TIME = 16;

  /** A page ends early rather than pass it; a message may have 4 MiB. */
  private static final int MAX_PAGE_BYTES = 3 << 20;

  private final Profiles profiles;
  private final Users users;
  private final Catalog catalog;
  private final InstantSource clock;
  private final Patience patience;
  private final LenientMarshalling marshalling;

  ProfilesService(
      Profiles profiles,
      Users users,
      Catalog catalog,
      InstantSource clock,
      Patience patience,
      LenientMarshalling marshalling) {
    this.profiles = profiles;
    this.users = users;
    this.catalog = catalog;
    this.clock = clock;
    this.patience = patience;
    this.marshalling = marshalling;
  }

  @Override
  public void getProfile(GetProfileRequest request, StreamObserver<Profile> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          requireUser(request.getUserId());
          return patience.limit(profiles.get(request.getUserId()));
        },
        found -> message(found.orElseThrow(() -> RpcError.notFound("no profile of that user"))));
  }

  @Override
  public void updateProfile(UpdateProfileRequest request, StreamObserver<Profile> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          Profile profile = request.getProfile();
          Violations violations = new Violations();
          if (!request.hasProfile()) {
            violations.add("profile", "missing (expected: a profile)");
          }
          violations.requireId("profile.user_id", profile.getUserId());
          Set<String> parts = parts(request, violations);
          validate(profile, violations);
          violations.throwIfAny();
          Update update =
              new Update(
                  parts.contains("enabled_skill_ids") ? profile.getEnabledSkillIdsList() : null,
                  parts.contains("lists")
                      ? profile.getListsList().stream().map(ProfilesService::list).toList()
                      : null,
                  parts.contains("preferences")
                      ? profile.getPreferencesList().stream().map(this::preference).toList()
                      : null);
          return patience.limit(
              profiles.update(
                  profile.getUserId(),
                  update,
                  new Condition(profile.getEtag(), request.getAllowMissing())));
        },
        this::message);
  }

  @Override
  public void enableSkills(EnableSkillsRequest request, StreamObserver<Profile> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          requireSkills(request.getUserId(), request.getSkillIdsList());
          return patience.limit(
              profiles.enable(
                  request.getUserId(),
                  request.getSkillIdsList(),
                  new Condition(request.getEtag(), request.getAllowMissing())));
        },
        this::message);
  }

  @Override
  public void disableSkills(DisableSkillsRequest request, StreamObserver<Profile> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          requireSkills(request.getUserId(), request.getSkillIdsList());
          return patience.limit(
              profiles.disable(
                  request.getUserId(),
                  request.getSkillIdsList(),
                  new Condition(request.getEtag(), false)));
        },
        this::message);
  }

  @Override
  public void updateList(UpdateListRequest request, StreamObserver<Profile> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          validate(request);
          return patience.limit(
              profiles.updateList(
                  request.getUserId(),
                  request.getType(),
                  request.getAddEntriesList().stream().map(ProfilesService::entry).toList(),
                  request.getRemoveEntriesList().stream().map(ListEntry::getText).toList(),
                  new Condition(request.getEtag(), request.getAllowMissing())));
        },
        this::message);
  }

  @Override
  public void deleteUser(DeleteUserRequest request, StreamObserver<DeleteUserResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          requireUser(request.getUserId());
          return patience.limit(users.delete(request.getUserId()));
        },
        deleted ->
            DeleteUserResponse.newBuilder()
                .setProfileDeleted(deleted.profile())
                .setInteractionsDeleted(deleted.interactions())
                .build());
  }

  @Override
  public void listProfiles(
      ListProfilesRequest request, StreamObserver<ListProfilesResponse> observer) {
    UnaryCalls.answer(
        observer,
        () -> {
          marshalling.requireDecoded(request);
          Violations violations = new Violations();
          violations.requireBetween("page_size", request.getPageSize(), 0, MAX_PAGE);
          violations.requireOptionalId("page_token", request.getPageToken());
          violations.throwIfAny();
          int size = request.getPageSize() == 0 ? DEFAULT_PAGE : request.getPageSize();
          return patience.limit(page(request.getPageToken(), size, new PageInProgress()));
        },
        page -> page);
  }

  private static final class PageInProgress {
    final ListProfilesResponse.Builder message = ListProfilesResponse.newBuilder();
    int bytes;
  }

  /** Fills a page by a few profiles at a time: only those few may be in memory beside it. */
  private CompletionStage<ListProfilesResponse> page(String after, int size, PageInProgress page) {
    return profiles
        .list(after, PROFILES_AT_A_TIME)
        .thenCompose(found -> {
          String last = after;
          for (dev.earshot.store.Profile profile : found) {
            Profile message = message(profile);
            page.bytes += message.getSerializedSize();
            boolean full =
                page.message.getProfilesCount() == size
                    || (page.message.getProfilesCount() > 0 && page.bytes > MAX_PAGE_BYTES);
            if (full) {
              return CompletableFuture.completedStage(page.message.setNextPageToken(last).build());
            }
            page.message.addProfiles(message);
            last = profile.userId();
          }
          return found.size() < PROFILES_AT_A_TIME
              ? CompletableFuture.completedStage(page.message.build())
              : page(last, size, page);
        });
  }

  private static void requireUser(String userId) {
    Violations violations = new Violations();
    violations.requireId("user_id", userId);
    violations.throwIfAny();
  }

  private static void requireSkills(String userId, List<String> skillIds) {
    Violations violations = new Violations();
    violations.requireId("user_id", userId);
    violations.requireCount("skill_ids", skillIds.size(), 1, Profiles.MAX_ENABLED);
    violations.requireIds("skill_ids", skillIds, Profiles.MAX_ENABLED);
    violations.throwIfAny();
  }

  /** The parts that an update replaces: those of its mask, else those that are not empty. */
  private static Set<String> parts(UpdateProfileRequest request, Violations violations) {
    Set<String> parts = new HashSet<>();
    List<String> paths = request.getUpdateMask().getPathsList();
    for (String path : paths) {
      if (path.equals("*")) {
        parts.addAll(PARTS);
      } else if (PARTS.contains(path)) {
        parts.add(path);
      } else if (!IGNORED_PATHS.contains(path)) {
        violations.add(
            "update_mask",
            "an unknown path (expected: enabled_skill_ids, lists, preferences or *)");
      }
    }
    if (paths.isEmpty()) {
      Profile profile = request.getProfile();
      if (profile.getEnabledSkillIdsCount() > 0) {
        parts.add("enabled_skill_ids");
      }
      if (profile.getListsCount() > 0) {
        parts.add("lists");
      }
      if (profile.getPreferencesCount() > 0) {
        parts.add("preferences");
      }
    }
    return parts;
  }

  private static void validate(Profile profile, Violations violations) {
    int distinct = new HashSet<>(profile.getEnabledSkillIdsList()).size();
    if (distinct > Profiles.MAX_ENABLED) {
      violations.requireCount("profile.enabled_skill_ids", distinct, 0, Profiles.MAX_ENABLED);
    } else {
      violations.requireIds(
          "profile.enabled_skill_ids", profile.getEnabledSkillIdsList(), Integer.MAX_VALUE);
    }
    violations.requireCount("profile.lists", profile.getListsCount(), 0, Profiles.MAX_LISTS);
    Set<String> types = new HashSet<>();
    for (int i = 0; i < Math.min(profile.getListsCount(), Profiles.MAX_LISTS); i++) {
      UserList list = profile.getLists(i);
      String field = "profile.lists[" + i + "].";
      violations.requireKind(field + "type", list.getType());
      if (!types.add(list.getType())) {
        violations.add(field + "type", "twice (expected: one list of each type)");
      }
      validate(field + "entries", list.getEntriesList(), violations);
    }
    violations.requireCount(
        "profile.preferences", profile.getPreferencesCount(), 0, Profiles.MAX_PREFERENCES);
    Set<List<String>> pairs = new HashSet<>();
    for (int i = 0; i < Math.min(profile.getPreferencesCount(), Profiles.MAX_PREFERENCES); i++) {
      dev.earshot.v1.Preference preference = profile.getPreferences(i);
      String field = "profile.preferences[" + i + "].";
      violations.requireText(field + "subject", preference.getSubject(), MAX_TEXT);
      violations.requireText(field + "value", preference.getValue(), MAX_TEXT);
      if (!pairs.add(Arrays.asList(preference.getSubject(), preference.getValue()))) {
        violations.add(field + "value", "twice (expected: each pair of subject and value once)");
      }
      violations.requireIds(
          field + "skill_ids", preference.getSkillIdsList(), MAX_PREFERENCE_SKILLS);
      if (preference.hasStrength()) {
        violations.requireBetween(field + "strength", preference.getStrength(), -1d, 1d);
      }
      if (!Timestamps.isValid(preference.getUpdateTime())) {
        violations.add(field + "update_time", "out of range (expected: a valid timestamp)");
      }
    }
  }

  private static void validate(UpdateListRequest request) {
    Violations violations = new Violations();
    violations.requireId("user_id", request.getUserId());
    violations.requireKind("type", request.getType());
    if (request.getAddEntriesCount() + request.getRemoveEntriesCount() == 0) {
      violations.add("add_entries", "nothing to add or remove (expected: at least one entry)");
    }
    validate("add_entries", request.getAddEntriesList(), violations);
    violations.requireCount(
        "remove_entries", request.getRemoveEntriesCount(), 0, Profiles.MAX_ENTRIES);
    Set<String> added = new HashSet<>();
    request.getAddEntriesList().forEach(entry -> added.add(entry.getText()));
    for (int i = 0; i < Math.min(request.getRemoveEntriesCount(), Profiles.MAX_ENTRIES); i++) {
      String text = request.getRemoveEntries(i).getText();
      violations.requireText("remove_entries[" + i + "].text", text, MAX_TEXT);
      if (added.contains(text)) {
        violations.add("remove_entries[" + i + "].text", "also added (expected: added or removed)");
      }
    }
    violations.throwIfAny();
  }

  private static void validate(String field, List<ListEntry> entries, Violations violations) {
    violations.requireCount(field, entries.size(), 0, Profiles.MAX_ENTRIES);
    Set<String> texts = new HashSet<>();
    for (int i = 0; i < Math.min(entries.size(), Profiles.MAX_ENTRIES); i++) {
      ListEntry entry = entries.get(i);
      String prefix = field + "[" + i + "].";
      violations.requireText(prefix + "text", entry.getText(), MAX_TEXT);
      if (!texts.add(entry.getText())) {
        violations.add(prefix + "text", "twice (expected: each text once)");
      }
      violations.requirePronunciations(prefix + "pronunciations", entry.getPronunciationsList());
    }
  }

  private Profile message(dev.earshot.store.Profile profile) {
    Profile.Builder message =
        Profile.newBuilder()
            .setUserId(profile.userId())
            .addAllEnabledSkillIds(profile.enabledSkillIds())
            .setEtag(Profiles.etag(profile))
            .setUpdateTime(WireTime.timestamp(profile.updateTime()));
    for (dev.earshot.store.Profile.UserList list : profile.lists()) {
      UserList.Builder listMessage = message.addListsBuilder().setType(list.type());
      for (Entry entry : list.entries()) {
        listMessage
            .addEntriesBuilder()
            .setText(entry.text())
            .addAllPronunciations(entry.pronunciations());
      }
    }
    for (Preference preference : profile.preferences()) {
      message
          .addPreferencesBuilder()
          .setSubject(preference.subject())
          .setValue(preference.value())
          .addAllSkillIds(preference.skillIds())
          .setStrength(preference.strength())
          .setUpdateTime(WireTime.timestamp(preference.updateTime()));
    }
    for (String skillId : profile.enabledSkillIds()) {
      if (!catalog.knows(skillId)) {
        message.addUnknownSkillIds(skillId);
      }
    }
    return message.build();
  }

  private static dev.earshot.store.Profile.UserList list(UserList list) {
    return new dev.earshot.store.Profile.UserList(
        list.getType(), list.getEntriesList().stream().map(ProfilesService::entry).toList());
  }

  private static Entry entry(ListEntry entry) {
    return new Entry(entry.getText(), entry.getPronunciationsList());
  }

  private Preference preference(dev.earshot.v1.Preference preference) {
    Timestamp stated = preference.getUpdateTime();
    return new Preference(
        preference.getSubject(),
        preference.getValue(),
        preference.getSkillIdsList(),
        preference.hasStrength() ? preference.getStrength() : 1,
        preference.hasUpdateTime()
            ? Instant.ofEpochSecond(stated.getSeconds(), stated.getNanos())
            : clock.instant());
  }
}
