package dev.earshot.app;

import dev.earshot.client.EarshotClient;
import dev.earshot.client.EarshotException;
import dev.earshot.client.ServingStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code earshot health}: whether a server answers, for health checks of containers. */
@Command(
    name = "health",
    description = {"Asks a server whether it is serving.", ""},
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    exitCodeListHeading = ApiCommand.EXIT_CODES,
    exitCodeList = {
      "0:it is serving",
      "1:it is not, or it cannot be reached",
      "2:the command line is wrong"
    })
final class HealthCommand extends ApiCommand {
  @Parameters(
      arity = "0..1",
      paramLabel = "SERVICE",
      defaultValue = "",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
      description = "One service, such as earshot.v1.Shortlister. Default: the server as a whole.")
  private String service;

  @Override
  int run(EarshotClient client) {
    ServingStatus status = client.health(service);
    if (server().json()) {
      out().println("{\"status\": \"" + status + "\"}");
    } else {
      out().println(status);
    }
    return status == ServingStatus.SERVING ? ExitCode.OK : ExitCode.FAILED;
  }

  @Override
  int failed(EarshotException e) {
    super.failed(e);
    // Container engines know 0 and 1 alone.
    return ExitCode.FAILED;
  }
}
