package dev.earshot.perf.asr;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import net.datafaker.Faker;

/**
 * Names for users' lists, drawn from Datafaker. A first name, surname, device, title and so on
 * belongs to one split alone; compositions of them (a first name and a surname, a room and a
 * device) are thereby disjoint, too.
 */
final class NamePools {
  /** Enough to see nearly all of a provider's values. */
  private static final int DRAWS = 20_000;

  private static final int MOST = 2_500;
  private static final int MOST_WORDS = 4;

  /** What a user's names are composed of, in one split. */
  private record Pool(
      List<String> firstNames,
      List<String> surnames,
      List<String> appliances,
      List<String> cities,
      List<String> capitals,
      List<String> streets,
      List<String> restaurants,
      List<String> activities,
      List<String> titles,
      List<String> artists,
      List<String> products) {}

  private final List<String> rooms;
  private final List<String> genres;
  private final Map<Split, Pool> pools = new EnumMap<>(Split.class);

  NamePools(long seed) {
    Faker faker = new Faker(Locale.US, new Random(seed));
    List<String> firstNames = drawn(() -> faker.name().firstName());
    List<String> surnames = drawn(() -> faker.name().lastName());
    List<String> appliances =
        drawn(
            () -> faker.appliance().equipment(),
            () -> faker.house().furniture().replace(" lamp", "") + " lamp");
    List<String> cities = drawn(() -> faker.address().cityName());
    List<String> capitals = drawn(() -> faker.nation().capitalCity());
    List<String> streets = drawn(() -> faker.address().streetName());
    List<String> restaurants = drawn(() -> faker.restaurant().name());
    List<String> activities = drawn(() -> faker.hobby().activity(), () -> faker.hipster().word());
    List<String> titles = drawn(() -> faker.movie().name(), () -> faker.book().title());
    List<String> artists =
        drawn(
            () -> faker.rockBand().name(),
            () -> faker.artist().name(),
            () -> faker.kpop().girlGroups());
    List<String> products = drawn(() -> faker.commerce().productName());
    this.rooms = drawn(() -> faker.house().room());
    this.genres =
        drawn(() -> faker.music().genre()).stream()
            .filter(genre -> !genre.equals("Non Music"))
            .toList();
    for (Split split : Split.values()) {
      pools.put(
          split,
          new Pool(
              of(split, firstNames),
              of(split, surnames),
              of(split, appliances),
              of(split, cities),
              of(split, capitals),
              of(split, streets),
              of(split, restaurants),
              of(split, activities),
              of(split, titles),
              of(split, artists),
              of(split, products)));
    }
  }

  @SafeVarargs
  private static List<String> drawn(Supplier<String>... providers) {
    List<String> all = new ArrayList<>();
    for (Supplier<String> provider : providers) {
      Set<String> names = new LinkedHashSet<>();
      for (int i = 0; i < DRAWS && names.size() < MOST; i++) {
        String name = provider.get();
        if (name.matches("[A-Za-z][a-z']+([ -][A-Za-z][A-Za-z']*)*")
            && name.split(" ", -1).length <= MOST_WORDS) {
          names.add(name);
        }
      }
      all.addAll(names);
    }
    return all.stream().distinct().toList();
  }

  private static List<String> of(Split split, List<String> names) {
    return names.stream().filter(name -> Split.of(name) == split).toList();
  }

  /**
   * A name.
   *
   * @param kind as in {@code interactions.proto}
   */
  String draw(Split split, String kind, Random random) {
    Pool pool = pools.get(split);
    if (pool == null) {
      throw new IllegalStateException("no pool for " + split);
    }
    return switch (kind) {
      case "CONTACT", "PERSON" -> pick(pool.firstNames, random) + " " + pick(pool.surnames, random);
      case "DEVICE" ->
          pick(rooms, random) + " " + pick(pool.appliances, random).toLowerCase(Locale.ROOT);
      case "PLACE" ->
          switch (random.nextInt(4)) {
            case 0 -> pick(pool.streets, random);
            case 1 -> pick(pool.restaurants, random);
            case 2 -> pick(pool.capitals, random);
            default -> pick(pool.cities, random);
          };
      case "PLAYLIST" ->
          switch (random.nextInt(3)) {
            case 0 -> pick(pool.activities, random) + " mix";
            case 1 ->
                pick(genres, random)
                    + " for "
                    + pick(pool.activities, random).toLowerCase(Locale.ROOT);
            default -> pick(pool.firstNames, random) + "'s " + pick(genres, random);
          };
      case "TITLE" -> pick(pool.titles, random);
      case "ARTIST" -> pick(pool.artists, random);
      case "PRODUCT" -> pick(pool.products, random);
      default -> throw new IllegalArgumentException("kind: " + kind);
    };
  }

  /** Another contact of the same first name. */
  String namesake(Split split, String contact, Random random) {
    Pool pool = pools.get(split);
    if (pool == null) {
      throw new IllegalStateException("no pool for " + split);
    }
    return contact.split(" ", 2)[0] + " " + pick(pool.surnames, random);
  }

  static <T> T pick(List<T> values, Random random) {
    return values.get(random.nextInt(values.size()));
  }
}
