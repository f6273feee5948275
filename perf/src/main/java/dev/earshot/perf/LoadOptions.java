package dev.earshot.perf;

import dev.earshot.model.Bundle;
import dev.earshot.model.BundleException;
import dev.earshot.perf.load.Arrivals;
import dev.earshot.perf.load.LoadDriver;
import dev.earshot.perf.load.RecordEventsTraffic;
import dev.earshot.perf.load.ShortlistTraffic;
import dev.earshot.perf.load.Traffic;
import dev.earshot.perf.micro.SampleUtterances;
import dev.earshot.perf.process.Cpus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is sent, by whom, and where servers and the driver run: the same for all load commands. */
final class LoadOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee;

  @Mixin private BundleOptions bundles;

  @Option(
      names = "--skills",
      defaultValue = "0",
      description = "Resizes the bundle; 0: as many skills as it has.")
  private int skills;

  @Option(names = "--users", defaultValue = "1000", description = "Known users.")
  private int users;

  @Option(names = "--enabled", defaultValue = "10", description = "Enabled skills of each.")
  private int enabled;

  @Option(
      names = "--unknown-users",
      paramLabel = "SHARE",
      defaultValue = "0",
      description = "Share of requests by users whom the server does not know, 0 to 1.")
  private double unknownUsers;

  @Option(
      names = "--skew",
      defaultValue = "1",
      description = "Of Zipf's law by which known users ask; 0: all alike.")
  private double skew;

  @Option(
      names = "--deadline",
      paramLabel = "MS",
      defaultValue = "15",
      description = "Deadline of each request, sent to the server and held against it.")
  private double deadlineMillis;

  @Option(
      names = "--stream",
      description = "Sends messages on bidirectional streams (ShortlistStream), one a connection.")
  private boolean stream;

  @Option(
      names = "--arrivals",
      defaultValue = "poisson",
      description = "poisson (independent callers) or constant.")
  private Arrivals arrivals;

  @Option(names = "--connections", defaultValue = "4", description = "Connections of the driver.")
  private int connections;

  @Option(
      names = "--loops",
      defaultValue = "1",
      description = "Event loops of the driver; each takes a core when it is busy.")
  private int loops;

  @Option(names = "--seed", defaultValue = "1", description = "Of users, requests and arrivals.")
  private long seed;

  @Option(
      names = "--server-cpus",
      paramLabel = "LIST",
      description = "CPUs of servers that are started. Default: the first, if there are several.",
      showDefaultValue = Visibility.NEVER)
  private String serverCpus = Cpus.forServer().list();

  @Option(
      names = "--driver-cpus",
      paramLabel = "LIST",
      description = "CPUs of the driver. Default: all others.",
      showDefaultValue = Visibility.NEVER)
  private String driverCpus = Cpus.forDriver().list();

  Cpus serverCpus() {
    return cpus("--server-cpus", serverCpus);
  }

  Cpus driverCpus() {
    return cpus("--driver-cpus", driverCpus);
  }

  int users() {
    return users;
  }

  int enabled() {
    return enabled;
  }

  long seed() {
    return seed;
  }

  BundleOptions bundles() {
    return bundles;
  }

  Duration deadline() {
    return Duration.ofNanos((long) (deadlineMillis * 1e6));
  }

  /** The bundle to serve, made first if it has to be. */
  Path bundle() throws BundleException, IOException {
    return bundle(skills);
  }

  Path bundle(int size) throws BundleException, IOException {
    return size == 0
        ? bundles.bundle()
        : BundleResizer.cached(bundles.bundle(), bundles.cache(), size, BundleOptions.SEED);
  }

  Traffic traffic() {
    return stream
        ? ShortlistTraffic.stream(SampleUtterances.read(), population(), deadline())
        : unaryTraffic();
  }

  /** The same requests as calls of their own, whatever the flags say. */
  Traffic unaryTraffic() {
    return ShortlistTraffic.unary(SampleUtterances.read(), population());
  }

  /**
   * Events to record, one in each call.
   *
   * @param run a name for this run, unlike those before
   */
  Traffic recordEventsTraffic(String run) {
    if (stream || unknownUsers > 0 || users < 1) {
      throw new ParameterException(
          mixee.commandLine(),
          "--method record-events: with --stream, --unknown-users or no users (expected: calls of"
              + " known users)");
    }
    return RecordEventsTraffic.unary(run, SampleUtterances.read(), Population.ids(users), skew);
  }

  private ShortlistTraffic.Population population() {
    try {
      return new ShortlistTraffic.Population(Population.ids(users), skew, unknownUsers);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(mixee.commandLine(), e.getMessage(), e);
    }
  }

  LoadDriver driver(String host, int port, Traffic traffic) {
    try {
      return new LoadDriver(
          new LoadDriver.Options(host, port, loops, connections, deadline(), arrivals, seed),
          traffic);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(mixee.commandLine(), e.getMessage(), e);
    }
  }

  /** Ids of a bundle's skills, for users to enable. */
  static List<String> skillIds(Bundle bundle) {
    return IntStream.range(0, bundle.skills().size()).mapToObj(bundle.skills()::id).toList();
  }

  /** What a report says of the load. */
  Map<String, Object> describe(Bundle bundle) {
    Map<String, Object> setup = new LinkedHashMap<>();
    setup.put("bundle", bundle.version());
    setup.put("skills", bundle.skills().size());
    setup.put("users", users);
    setup.put("enabled_skills", enabled);
    setup.put("unknown_users", unknownUsers);
    setup.put("skew", skew);
    setup.put("deadline_ms", deadlineMillis);
    setup.put("calls", stream ? "ShortlistStream" : "Shortlist");
    setup.put("arrivals", arrivals.name().toLowerCase(Locale.ROOT));
    setup.put("connections", connections);
    setup.put("loops", loops);
    setup.put("seed", seed);
    setup.put("server_on", serverCpus().pinning());
    setup.put("driver_on", driverCpus().pinning());
    return setup;
  }

  private Cpus cpus(String option, String list) {
    try {
      return new Cpus(list);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          mixee.commandLine(), option + ": " + list + " (expected: such as 0 or 2-3,5)", e);
    }
  }
}
