package dev.earshot.store;

import dev.earshot.store.Profile.Entry;
import dev.earshot.store.Profile.Preference;
import dev.earshot.store.Profile.UserList;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Profiles in a {@link ProfileTable}: knows how a profile is written as bytes. Thread-safe. */
public final class StoredProfiles implements ProfileStore {
  /** The most bytes of a profile, so that it fits in one message. */
  public static final int MAX_BYTES = 1 << 20;

  private static final int FORMAT = 1;

  private final ProfileTable table;

  /**
   * Profiles in a table.
   *
   * @param table is not closed with this
   */
  public StoredProfiles(ProfileTable table) {
    this.table = table;
  }

  @Override
  public CompletionStage<Optional<Profile>> get(String userId) {
    return table.get(userId).thenApply(row -> row.map(StoredProfiles::decode));
  }

  @Override
  public CompletionStage<Boolean> put(Profile profile, long expectedVersion) {
    if (profile.version() != expectedVersion + 1) {
      throw new IllegalArgumentException(
          "version: " + profile.version() + " (expected: " + (expectedVersion + 1) + ")");
    }
    Bytes content = encode(profile);
    if (content.size() > MAX_BYTES) {
      return CompletableFuture.failedStage(
          new StoreException(
              StoreException.Kind.TOO_LARGE,
              "bytes of the profile: " + content.size() + " (expected: <= " + MAX_BYTES + ")"));
    }
    return table.put(
        new ProfileTable.Row(profile.userId(), profile.version(), content), expectedVersion);
  }

  @Override
  public CompletionStage<Boolean> delete(String userId) {
    return table.delete(userId);
  }

  @Override
  public CompletionStage<List<Profile>> list(String afterUserId, int limit) {
    return list(afterUserId, limit, new ArrayList<>());
  }

  private CompletionStage<List<Profile>> list(String afterUserId, int limit, List<Profile> found) {
    return table
        .list(afterUserId, limit - found.size())
        .thenCompose(page -> {
          page.rows().forEach(row -> found.add(decode(row)));
          if (!page.more() || found.size() >= limit) {
            return CompletableFuture.completedFuture(List.copyOf(found));
          }
          return list(found.get(found.size() - 1).userId(), limit, found);
        });
  }

  @Override
  public void close() {}

  /** A profile's content: all of it but its user and its version, which the row has. */
  static Bytes encode(Profile profile) {
    return Bytes.wrap(
        new RecordWriter()
            .writeByte(FORMAT)
            .writeInstant(profile.updateTime())
            .writeAll(profile.enabledSkillIds(), RecordWriter::writeString)
            .writeAll(
                profile.lists(),
                (out, list) ->
                    out.writeString(list.type())
                        .writeAll(list.entries(), StoredProfiles::writeEntry))
            .writeAll(profile.preferences(), StoredProfiles::writePreference)
            .toArray());
  }

  private static void writeEntry(RecordWriter out, Entry entry) {
    out.writeString(entry.text()).writeAll(entry.pronunciations(), RecordWriter::writeString);
  }

  private static void writePreference(RecordWriter out, Preference preference) {
    out.writeString(preference.subject())
        .writeString(preference.value())
        .writeAll(preference.skillIds(), RecordWriter::writeString)
        .writeDouble(preference.strength())
        .writeInstant(preference.updateTime());
  }

  static Profile decode(ProfileTable.Row row) {
    RecordReader in = new RecordReader(row.content().array());
    if (in.readByte() != FORMAT) {
      throw RecordReader.unreadable();
    }
    Instant updateTime = in.readInstant();
    List<String> enabled = in.readAll(RecordReader::readString);
    List<UserList> lists =
        in.readAll(list ->
            new UserList(
                list.readString(),
                list.readAll(entry ->
                    new Entry(entry.readString(), entry.readAll(RecordReader::readString)))));
    List<Preference> preferences =
        in.readAll(preference ->
            new Preference(
                preference.readString(),
                preference.readString(),
                preference.readAll(RecordReader::readString),
                preference.readDouble(),
                preference.readInstant()));
    in.requireEnd();
    return new Profile(row.userId(), enabled, lists, preferences, row.version(), updateTime);
  }
}
