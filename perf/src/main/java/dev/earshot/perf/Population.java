package dev.earshot.perf;

import dev.earshot.v1.EnableSkillsRequest;
import dev.earshot.v1.Profile;
import dev.earshot.v1.ProfilesGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The users of a load: made by a seed, and written through the public API. */
final class Population {
  private static final int IN_FLIGHT = 64;
  private static final int DEADLINE_SECONDS = 30;

  private Population() {}

  static List<String> ids(int users) {
    return IntStream.range(0, users).mapToObj(user -> "load-" + user).toList();
  }

  /**
   * Gives each user enabled skills, drawn from all; a user that is there already keeps its own too.
   *
   * @param enabled skills of each user
   * @throws BenchException if the server refuses one
   */
  static void register(
      String host, int port, int users, int enabled, List<String> skillIds, long seed)
      throws BenchException, InterruptedException {
    Random random = new Random(seed);
    Map<String, List<String>> profiles = new LinkedHashMap<>();
    for (String user : ids(users)) {
      List<String> chosen = new ArrayList<>();
      for (int i = 0; i < enabled; i++) {
        chosen.add(skillIds.get(random.nextInt(skillIds.size())));
      }
      profiles.put(user, chosen);
    }
    register(host, port, profiles);
  }

  /** Turns each user's skills on. */
  static void register(String host, int port, Map<String, List<String>> enabled)
      throws BenchException, InterruptedException {
    write(
        host,
        port,
        enabled.entrySet(),
        (profiles, user, answer) ->
            profiles.enableSkills(
                EnableSkillsRequest.newBuilder()
                    .setUserId(user.getKey())
                    .setAllowMissing(true)
                    .addAllSkillIds(user.getValue())
                    .build(),
                answer));
  }

  /** One write. */
  @FunctionalInterface
  interface Write<T> {
    void send(ProfilesGrpc.ProfilesStub profiles, T what, StreamObserver<Profile> answer);
  }

  /**
   * Makes many writes, some at a time.
   *
   * @throws BenchException if the server refuses one
   */
  static <T> void write(String host, int port, Collection<T> all, Write<T> write)
      throws BenchException, InterruptedException {
    ManagedChannel channel = NettyChannelBuilder.forAddress(host, port).usePlaintext().build();
    Semaphore free = new Semaphore(IN_FLIGHT);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    try {
      ProfilesGrpc.ProfilesStub profiles = ProfilesGrpc.newStub(channel);
      for (T one : all) {
        free.acquire();
        write.send(
            profiles.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS),
            one,
            new Written(free, failure));
      }
      free.acquire(IN_FLIGHT);
    } finally {
      channel.shutdownNow();
    }
    Throwable first = failure.get();
    if (first != null) {
      throw new BenchException("users could not be written: " + first.getMessage(), first);
    }
  }

  /** Waits for one answer. */
  private record Written(Semaphore free, AtomicReference<@Nullable Throwable> failure)
      implements StreamObserver<Profile> {
    @Override
    public void onNext(Profile profile) {}

    @Override
    public void onError(Throwable thrown) {
      failure.compareAndSet(null, thrown);
      free.release();
    }

    @Override
    public void onCompleted() {
      free.release();
    }
  }
}
