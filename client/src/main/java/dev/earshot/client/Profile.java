package dev.earshot.client;

import java.time.Instant;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a user.
 *
 * @param userId the user
 * @param enabledSkillIds the skills that the user has turned on, those that the server's catalogue
 *     does not know included
 * @param lists what belongs to the user: contacts, devices, playlists…; one of each type
 * @param preferences what the user likes, as stated
 * @param etag changes with every write; given to a write, it fails if another came between
 * @param updateTime when the profile was last written
 * @param unknownSkillIds those of the enabled skills that the served catalogue does not know
 */
public record Profile(
    String userId,
    List<String> enabledSkillIds,
    List<UserList> lists,
    List<Preference> preferences,
    String etag,
    Instant updateTime,
    List<String> unknownSkillIds) {

  public Profile {
    enabledSkillIds = List.copyOf(enabledSkillIds);
    lists = List.copyOf(lists);
    preferences = List.copyOf(preferences);
    unknownSkillIds = List.copyOf(unknownSkillIds);
  }

  /**
   * Names of one type that belong to a user.
   *
   * @param type such as "contacts", "devices" or "playlists"
   * @param entries the names, each text once
   */
  public record UserList(String type, List<ListEntry> entries) {
    public UserList {
      entries = List.copyOf(entries);
    }

    dev.earshot.v1.UserList toMessage() {
      return dev.earshot.v1.UserList.newBuilder()
          .setType(type)
          .addAllEntries(entries.stream().map(ListEntry::toMessage).toList())
          .build();
    }

    private static UserList of(dev.earshot.v1.UserList message) {
      return new UserList(
          message.getType(), message.getEntriesList().stream().map(ListEntry::of).toList());
    }
  }

  /**
   * A name in a list.
   *
   * @param text as written: "Meg Bauer"
   * @param pronunciations how it sounds, in ARPAbet phones ("B AW1 ER0"); empty: worked out
   */
  public record ListEntry(String text, List<String> pronunciations) {
    public ListEntry {
      pronunciations = List.copyOf(pronunciations);
    }

    /** A name whose pronunciation the server works out. */
    public static ListEntry of(String text) {
      return new ListEntry(text, List.of());
    }

    dev.earshot.v1.ListEntry toMessage() {
      return dev.earshot.v1.ListEntry.newBuilder()
          .setText(text)
          .addAllPronunciations(pronunciations)
          .build();
    }

    private static ListEntry of(dev.earshot.v1.ListEntry message) {
      return new ListEntry(message.getText(), message.getPronunciationsList());
    }
  }

  /**
   * Something that a user is said to like or to dislike.
   *
   * @param subject what it is about: "basketball team"
   * @param value what is preferred: "Golden State Warriors"
   * @param skillIds the skills that it speaks for; empty: none in particular
   * @param strength from −1 (avoids) to 1 (prefers); empty: 1
   * @param statedAt when it was stated; null in a write: now
   */
  public record Preference(
      String subject,
      String value,
      List<String> skillIds,
      OptionalDouble strength,
      @Nullable Instant statedAt) {
    public Preference {
      skillIds = List.copyOf(skillIds);
    }

    /** A preference of full strength, stated now. */
    public static Preference of(String subject, String value) {
      return new Preference(subject, value, List.of(), OptionalDouble.empty(), null);
    }

    dev.earshot.v1.Preference toMessage() {
      dev.earshot.v1.Preference.Builder message =
          dev.earshot.v1.Preference.newBuilder()
              .setSubject(subject)
              .setValue(value)
              .addAllSkillIds(skillIds);
      strength.ifPresent(message::setStrength);
      if (statedAt != null) {
        message.setUpdateTime(WireTime.timestamp(statedAt));
      }
      return message.build();
    }

    private static Preference of(dev.earshot.v1.Preference message) {
      return new Preference(
          message.getSubject(),
          message.getValue(),
          message.getSkillIdsList(),
          message.hasStrength() ? OptionalDouble.of(message.getStrength()) : OptionalDouble.empty(),
          message.hasUpdateTime() ? WireTime.instant(message.getUpdateTime()) : null);
    }
  }

  static Profile of(dev.earshot.v1.Profile message) {
    return new Profile(
        message.getUserId(),
        message.getEnabledSkillIdsList(),
        message.getListsList().stream().map(UserList::of).toList(),
        message.getPreferencesList().stream().map(Preference::of).toList(),
        message.getEtag(),
        WireTime.instant(message.getUpdateTime()),
        message.getUnknownSkillIdsList());
  }
}
