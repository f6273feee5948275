package dev.earshot.perf.crash;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.client.Interaction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/** What all writers sent, and what was acknowledged of it, over all rounds. Thread-safe. */
final class Ledger {
  private static final int READERS = 8;

  private final Map<String, InteractionLedger> interactions = new ConcurrentHashMap<>();
  private final Map<String, ProfileLedger> profiles = new ConcurrentHashMap<>();
  private final Set<InteractionLedger> touched = ConcurrentHashMap.newKeySet();
  private final LongAdder acknowledged = new LongAdder();

  /** An interaction that is about to be written. */
  InteractionLedger interaction(String userId, String interactionId) {
    InteractionLedger ledger =
        interactions.computeIfAbsent(interactionId, id -> new InteractionLedger(userId, id));
    touched.add(ledger);
    return ledger;
  }

  ProfileLedger profile(String userId) {
    return profiles.computeIfAbsent(userId, ProfileLedger::new);
  }

  void countAcknowledged() {
    acknowledged.increment();
  }

  /** Writes that were acknowledged so far. */
  long acknowledged() {
    return acknowledged.sum();
  }

  /**
   * Looks through the API at what was written since the last look, at all profiles, and at some of
   * the interactions of before.
   */
  Findings checkRecent(EarshotClient client, int older, Random random)
      throws InterruptedException, ExecutionException {
    List<InteractionLedger> before = new ArrayList<>(interactions.values());
    before.removeAll(touched);
    Collections.shuffle(before, random);
    List<InteractionLedger> chosen = new ArrayList<>(touched);
    chosen.addAll(before.subList(0, Math.min(older, before.size())));
    Findings findings = check(client, chosen);
    touched.clear();
    return findings;
  }

  /** Looks through the API at all that was ever written. */
  Findings checkAll(EarshotClient client) throws InterruptedException, ExecutionException {
    return check(client, interactions.values());
  }

  private Findings check(EarshotClient client, Collection<InteractionLedger> chosen)
      throws InterruptedException, ExecutionException {
    List<Callable<Findings>> looks = new ArrayList<>();
    for (InteractionLedger ledger : chosen) {
      looks.add(() -> ledger.check(read(client, ledger)));
    }
    for (ProfileLedger ledger : profiles.values()) {
      looks.add(() -> ledger.check(client.profiles().find(ledger.userId())));
    }
    ExecutorService readers = Executors.newFixedThreadPool(READERS);
    try {
      Findings findings = Findings.NONE;
      for (Future<Findings> look : readers.invokeAll(looks)) {
        findings = findings.plus(look.get());
      }
      return findings;
    } finally {
      readers.shutdownNow();
    }
  }

  private static Optional<Interaction> read(EarshotClient client, InteractionLedger ledger) {
    try {
      return Optional.of(
          client.interactions().getWithItems(ledger.userId(), ledger.interactionId()));
    } catch (EarshotException.NotFound e) {
      return Optional.empty();
    }
  }
}
