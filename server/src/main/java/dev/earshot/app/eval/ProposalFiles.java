package dev.earshot.app.eval;

import dev.earshot.rescore.LearnedRescorer;
import dev.earshot.rescore.Proposal;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Writes what there was to weigh in recorded turns, for the scorer's trainer, whose module {@code
 * earshot_training.rescorer} says what the files hold.
 */
final class ProposalFiles {
  private final Path folder;

  /**
   * @throws IOException if the folder cannot be made
   */
  ProposalFiles(Path folder) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder);
    Files.write(folder.resolve("features.txt"), LearnedRescorer.featureNames());
  }

  void write(String set, List<BiasTurn> turns, BiasEvaluation evaluation, EvalProgress progress)
      throws IOException {
    progress.begin(set, turns.size());
    StringBuilder names = new StringBuilder();
    try (DataOutputStream turnFile = open(set + ".turns");
        DataOutputStream rowFile = open(set + ".rows")) {
      for (int i = 0; i < turns.size(); i++) {
        BiasTurn turn = turns.get(i);
        BiasEvaluation.Replayed replayed = evaluation.replay(turn);
        names.append(turn.id()).append('\t').append(turn.cluster()).append('\t');
        names.append(turn.group()).append('\n');
        turnFile.writeInt(0);
        turnFile.writeInt(turn.reference().size());
        turnFile.writeInt(replayed.errors());
        turnFile.writeInt(turn.sought().size());
        turnFile.writeInt(replayed.missed());
        for (Proposal proposal : replayed.proposals()) {
          List<String> words = WordErrors.words(proposal.text());
          rowFile.writeFloat(i);
          rowFile.writeFloat(proposal.hypothesis());
          rowFile.writeFloat(proposal.firstWord());
          rowFile.writeFloat(proposal.lastWord());
          rowFile.writeFloat(WordErrors.between(turn.reference(), words) - replayed.errors());
          rowFile.writeFloat(BiasEvaluation.missed(turn, words) - replayed.missed());
          for (float feature : proposal.features()) {
            rowFile.writeFloat(feature);
          }
        }
        progress.step();
      }
    }
    Files.writeString(folder.resolve(set + ".names"), names);
    progress.end();
  }

  private DataOutputStream open(String file) throws IOException {
    return new DataOutputStream(
        new BufferedOutputStream(Files.newOutputStream(folder.resolve(file))));
  }
}
