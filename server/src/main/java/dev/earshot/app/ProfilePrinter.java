package dev.earshot.app;

import com.google.protobuf.util.Timestamps;
import dev.earshot.v1.ListEntry;
import dev.earshot.v1.Preference;
import dev.earshot.v1.Profile;
import dev.earshot.v1.UserList;
import java.io.PrintWriter;
import java.util.stream.Collectors;

/** Prints profiles for people. */
final class ProfilePrinter {
  private ProfilePrinter() {}

  /** A profile in full. */
  static void print(PrintWriter out, Profile profile) {
    out.printf(
        "%s, written %s, etag %s%n",
        profile.getUserId(), Timestamps.toString(profile.getUpdateTime()), profile.getEtag());
    out.printf("%d enabled skill(s)%n", profile.getEnabledSkillIdsCount());
    for (String skill : profile.getEnabledSkillIdsList()) {
      boolean unknown = profile.getUnknownSkillIdsList().contains(skill);
      out.println("  " + skill + (unknown ? "  (not in the served catalogue: ignored)" : ""));
    }
    for (UserList list : profile.getListsList()) {
      out.printf(
          "%s: %s%n",
          list.getType(),
          list.getEntriesList().stream().map(ListEntry::getText).collect(Collectors.joining(", ")));
    }
    for (Preference preference : profile.getPreferencesList()) {
      out.printf(
          "%s %s: %s%n",
          preference.hasStrength() && preference.getStrength() < 0 ? "avoids" : "prefers",
          preference.getSubject(),
          preference.getValue());
    }
  }

  /** A profile in a line. */
  static String line(Profile profile) {
    return "%-24s %5d skill(s) %3d list(s) %4d preference(s)  %s"
        .formatted(
            profile.getUserId(),
            profile.getEnabledSkillIdsCount(),
            profile.getListsCount(),
            profile.getPreferencesCount(),
            Timestamps.toString(profile.getUpdateTime()));
  }
}
