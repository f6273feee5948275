package dev.earshot.store.dynamodb;

import dev.earshot.store.StoreException;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/** Makes the tables of a {@link DynamoDbStore}. */
public final class DynamoDbTables {
  private DynamoDbTables() {}

  /**
   * Makes the tables that are missing, billed by request, and turns on their time to live. Changes
   * nothing where all is as it should be. Blocks until they can be used.
   *
   * @param random thread-safe; spreads retries
   * @param progress told of each table when it is done, and whether it was made
   * @throws StoreException FORMAT where a table of that name has other keys, else with what stands
   *     in the way; what was made before stays
   */
  public static void create(
      DynamoDbOptions options, RandomGenerator random, BiConsumer<String, Boolean> progress) {
    try (Connection connection = new Connection(options.unhurried(), random)) {
      new TableSetup(connection, new TableNames(options.tablePrefix())).createAll(progress);
    }
  }
}
