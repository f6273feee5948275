package dev.earshot.examples;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.RankedSkill;
import dev.earshot.client.Shortlist;
import dev.earshot.client.ShortlistQuery;
import dev.earshot.client.WriteCondition;
import java.time.Duration;
import java.util.List;

/** Asks a running server for a shortlist, without and with a user. */
public final class FirstShortlist {
  private FirstShortlist() {}

  public static void main(String[] args) {
    String target = args.length > 0 ? args[0] : "localhost:50051";
    try (EarshotClient earshot =
        EarshotClient.builder(target)
            .caller("first-shortlist")
            .shortlistDeadline(Duration.ofMillis(200)) // A JVM's first calls are slow.
            .build()) {
      earshot.awaitReady(Duration.ofSeconds(5));

      ShortlistQuery query = ShortlistQuery.of("will it rain tomorrow").maxSkills(3);
      Shortlist forAnyone = earshot.shortlist(query);
      print("for anyone", forAnyone);

      List<String> enabled = forAnyone.skills().stream().skip(1).map(RankedSkill::skillId).toList();
      earshot.profiles().enable("ada", enabled, WriteCondition.NONE);
      print("for ada", earshot.shortlist(query.user("ada")));
    }
  }

  private static void print(String title, Shortlist shortlist) {
    System.out.println(title + ", made without " + shortlist.degradation().missing());
    for (RankedSkill skill : shortlist.skills()) {
      System.out.printf(
          "  %5.1f%%  %s%s%n",
          100 * skill.probability(), skill.name(), skill.enabled() ? " (enabled)" : "");
    }
  }
}
