package dev.earshot.client;

import java.util.List;

/**
 * A page of profiles.
 *
 * @param profiles the profiles
 * @param nextPageToken for the next page; empty: this was the last
 */
public record ProfilePage(List<Profile> profiles, String nextPageToken) {
  public ProfilePage {
    profiles = List.copyOf(profiles);
  }
}
