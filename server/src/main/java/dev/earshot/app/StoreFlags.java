package dev.earshot.app;

import dev.earshot.store.Retention;
import dev.earshot.store.Table;
import dev.earshot.store.dynamodb.DynamoDbOptions;
import dev.earshot.store.rocksdb.RocksDbOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The flags that say where and how things are stored. */
final class StoreFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee;

  @Option(
      names = "--store",
      defaultValue = "rocksdb",
      description =
          "Where profiles and context are kept: rocksdb, in the data directory; dynamodb, shared with"
              + " other servers; or memory, as long as the process lives.")
  private StoreOptions.Kind kind;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      showDefaultValue = Visibility.NEVER,
      description =
          "The directory of the store, of its keyset and of backups, one server's alone. Default:"
              + " $XDG_DATA_HOME/earshot, else ~/.local/share/earshot.")
  private @Nullable Path dataDir;

  @Option(
      names = "--keyset",
      paramLabel = "FILE",
      showDefaultValue = Visibility.NEVER,
      description =
          "The keys that profiles and context are encrypted with (Tink's JSON). Made if the store is"
              + " empty; with dynamodb only by 'store create', and the same for all servers. Keep a"
              + " copy of it apart from the data. Default: keyset.json in the data directory.")
  private @Nullable Path keyset;

  @Option(
      names = "--keyset-kms",
      paramLabel = "URI",
      showDefaultValue = Visibility.NEVER,
      description =
          "The key of a KMS that wraps the keyset (aws-kms://…, gcp-kms://…); takes Tink's integration"
              + " on the class path. Default: the keyset is not wrapped.")
  private @Nullable String keysetKms;

  @Option(
      names = "--context-ttl",
      paramLabel = "TIME",
      defaultValue = "15m",
      converter = DurationConverter.class,
      description =
          "How long a context item lives, and an interaction after its last write, such as 15m.")
  private Duration contextTtl;

  @Option(
      names = "--context-max-age",
      paramLabel = "TIME",
      defaultValue = "60m",
      converter = DurationConverter.class,
      description = "How long an interaction lives at most, however often it is written.")
  private Duration contextMaxAge;

  @Option(
      names = "--store-memory",
      paramLabel = "MIB",
      defaultValue = "64",
      description = "Memory of rocksdb's caches and buffers, outside the heap.")
  private int storeMemoryMebibytes;

  @Option(
      names = "--store-synced",
      paramLabel = "TABLE",
      split = ",",
      defaultValue = "profiles,catalog,settings",
      description =
          "Tables whose writes survive the loss of power once they are acknowledged, in rocksdb; all"
              + " survive the kill of the process. Also: interactions, context_items.")
  private Set<Table> synced = EnumSet.noneOf(Table.class);

  @Option(
      names = "--dynamodb-endpoint",
      paramLabel = "URL",
      showDefaultValue = Visibility.NEVER,
      description =
          "Where DynamoDB, or what speaks its API, is reached, such as http://localhost:8000. Default:"
              + " AWS's own of the region.")
  private @Nullable URI dynamoDbEndpoint;

  @Option(
      names = "--dynamodb-prefix",
      paramLabel = "NAME",
      defaultValue = DynamoDbOptions.DEFAULT_PREFIX,
      description = "What the names of the tables in DynamoDB begin with.")
  private String dynamoDbPrefix;

  @Option(
      names = "--region",
      paramLabel = "NAME",
      showDefaultValue = Visibility.NEVER,
      description = "The AWS region. Default: as AWS_REGION or the AWS profile says.")
  private @Nullable String region;

  /**
   * What they say.
   *
   * @throws ParameterException if it cannot be
   */
  StoreOptions options() {
    try {
      StoreOptions options =
          new StoreOptions(
              kind,
              dataDir == null ? defaultDataDir() : dataDir,
              keyset,
              keysetKms,
              new Retention(contextTtl, contextMaxAge),
              (long) storeMemoryMebibytes << 20,
              synced,
              new DynamoDbOptions(
                  Optional.ofNullable(dynamoDbEndpoint),
                  Optional.ofNullable(region),
                  dynamoDbPrefix));
      if (options.memoryBytes() < RocksDbOptions.MIN_MEMORY) {
        throw new IllegalArgumentException(
            "store-memory: "
                + storeMemoryMebibytes
                + " (expected: >= "
                + (RocksDbOptions.MIN_MEMORY >> 20)
                + ")");
      }
      return options;
    } catch (IllegalArgumentException e) {
      throw new ParameterException(mixee.commandLine(), "--" + e.getMessage(), e);
    }
  }

  private static Path defaultDataDir() {
    String dataHome = System.getenv("XDG_DATA_HOME");
    Path home =
        dataHome == null || dataHome.isEmpty()
            ? Path.of(System.getProperty("user.home", "."), ".local", "share")
            : Path.of(dataHome);
    return home.resolve("earshot");
  }
}
