package dev.earshot.app;

import dev.earshot.v1.BiasPhrase;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The flags that say which turn is meant, and what may be said in it. */
final class TurnFlags {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec mixee;

  @Option(
      names = "--user",
      paramLabel = "ID",
      defaultValue = "",
      description = "Whose lists count. Default: nobody's.",
      showDefaultValue = Visibility.NEVER)
  private String user;

  @Option(
      names = "--dialogue",
      paramLabel = "ID",
      defaultValue = "",
      description = "Whose earlier interactions count. Default: the interaction's.",
      showDefaultValue = Visibility.NEVER)
  private String dialogue;

  @Option(
      names = "--phrase",
      paramLabel = "TEXT[=BOOST]",
      showDefaultValue = Visibility.NEVER,
      description = "A phrase to favour beside those of the turn; a boost is 0 to 20. Repeatable.")
  private List<String> phrases = List.of();

  @Option(
      names = "--max-phrases",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many phrases at most, up to 1,000.")
  private int maxPhrases;

  @Option(
      names = "--locale",
      paramLabel = "TAG",
      defaultValue = "",
      description = "Language of the speech, such as en-US. Default: the bundle's.",
      showDefaultValue = Visibility.NEVER)
  private String locale;

  String user() {
    return user;
  }

  String dialogue() {
    return dialogue;
  }

  int maxPhrases() {
    return maxPhrases;
  }

  String locale() {
    return locale;
  }

  List<BiasPhrase> phrases() {
    List<BiasPhrase> explicit = new ArrayList<>(phrases.size());
    for (String given : phrases) {
      int equals = given.lastIndexOf('=');
      BiasPhrase.Builder phrase = BiasPhrase.newBuilder();
      try {
        explicit.add(
            equals < 1
                ? phrase.setText(given).build()
                : phrase
                    .setText(given.substring(0, equals))
                    .setBoost(Double.parseDouble(given.substring(equals + 1)))
                    .build());
      } catch (NumberFormatException e) {
        throw new ParameterException(
            mixee.commandLine(),
            "--phrase: '" + given.substring(equals + 1) + "' (expected: a number after =)",
            e);
      }
    }
    return explicit;
  }
}
