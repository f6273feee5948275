package dev.earshot.perf.crash;

import dev.earshot.client.Profile;
import dev.earshot.client.Profile.ListEntry;
import dev.earshot.client.Profile.UserList;
import dev.earshot.client.ProfileUpdate;
import java.util.List;
import java.util.Optional;

/**
 * The writes of one profile by its one writer: each replaces the profile's list by the number of
 * the write. Thread-safe.
 */
final class ProfileLedger {
  private static final String LIST = "writes";
  private static final long NONE = 0;

  private final String userId;
  private long sent = NONE;
  private long acknowledged = NONE;
  private long count;

  ProfileLedger(String userId) {
    this.userId = userId;
  }

  String userId() {
    return userId;
  }

  /** The next write, which is from now on expected where it is not acknowledged either. */
  synchronized ProfileUpdate next(String etag) {
    sent++;
    ProfileUpdate update =
        ProfileUpdate.of(userId)
            .lists(List.of(new UserList(LIST, List.of(ListEntry.of(Long.toString(sent))))));
    return etag.isEmpty() ? update.allowMissing() : update.etag(etag);
  }

  synchronized void acknowledged() {
    acknowledged = sent;
    count++;
  }

  /** Compares it with what is stored. */
  synchronized Findings check(Optional<Profile> stored) {
    Findings.Builder findings = new Findings.Builder();
    findings.checked(count);
    long found = stored.map(ProfileLedger::number).orElse(NONE);
    if (found < acknowledged) {
      findings.lost(
          "profile "
              + userId
              + (found == NONE ? "" : " is at write " + found)
              + ", acknowledged "
              + acknowledged);
    } else if (found > sent) {
      findings.strange("profile " + userId + " at write " + found);
    }
    return findings.build();
  }

  private static long number(Profile profile) {
    return profile.lists().stream()
        .filter(list -> list.type().equals(LIST) && list.entries().size() == 1)
        .map(list -> list.entries().get(0).text())
        .filter(text -> text.matches("[0-9]{1,18}"))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }
}
