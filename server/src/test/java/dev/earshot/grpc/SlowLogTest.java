package dev.earshot.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.earshot.deadline.Degradation;
import dev.earshot.deadline.Degradation.Context;
import dev.earshot.deadline.Degradation.Reason;
import dev.earshot.shortlist.Shortlist;
import dev.earshot.shortlist.Shortlist.RankedSkill;
import dev.earshot.shortlist.Shortlist.StageTimes;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlowLogTest {
  @Test
  void explainsWhereTheTimeWentAndSaysNothingOfTheUser() {
    Shortlist slow =
        new Shortlist(
            List.of(new RankedSkill("a.secret.skill", "Secret", 1, true)),
            false,
            0,
            Degradation.NONE.without(Context.PROFILE, Reason.NOT_READY),
            "1",
            0,
            new StageTimes(8_100_000, 0, 900_000, 50_000, 450_000, 10_000_000, 7, 1_500_000));

    assertThat(SlowLog.line(slow, 3))
        .isEqualTo(
            "slow answer: 10.00 ms = queue 8.10 + profile 0.00 + encode 0.90 + attend 0.05 +"
                + " classify 0.45 + between 0.50; batch of 7, its run was expected to take 1.50 ms;"
                + " without: PROFILE NOT_READY; 3 others since the last such line");
  }
}
