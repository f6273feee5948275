package dev.earshot.store;

import java.time.Instant;
import java.util.List;

/**
 * What is kept of a user. Immutable.
 *
 * @param userId whose
 * @param enabledSkillIds as the caller gave them, known to the catalogue or not, each once
 * @param lists at most one of each type
 * @param preferences stated by the user
 * @param version counts the writes of this profile, from 1
 * @param updateTime of the last write
 */
public record Profile(
    String userId,
    List<String> enabledSkillIds,
    List<UserList> lists,
    List<Preference> preferences,
    long version,
    Instant updateTime) {
  public Profile {
    enabledSkillIds = List.copyOf(enabledSkillIds);
    lists = List.copyOf(lists);
    preferences = List.copyOf(preferences);
  }

  /** Names that the user may say: contacts, devices, playlists. */
  public record UserList(String type, List<Entry> entries) {
    public UserList {
      entries = List.copyOf(entries);
    }
  }

  /**
   * One name.
   *
   * @param pronunciations in the documented phone alphabet; may be empty
   */
  public record Entry(String text, List<String> pronunciations) {
    public Entry {
      pronunciations = List.copyOf(pronunciations);
    }
  }

  /**
   * Something that the user stated, such as a favourite team.
   *
   * @param skillIds the skills that it speaks for; empty: none in particular
   * @param strength from −1 (avoids) to 1 (prefers)
   */
  public record Preference(
      String subject, String value, List<String> skillIds, double strength, Instant updateTime) {
    public Preference {
      skillIds = List.copyOf(skillIds);
    }
  }

  // Personal data does not get into logs by way of string concatenation.
  @Override
  public String toString() {
    return "Profile[version=" + version + "]";
  }
}
