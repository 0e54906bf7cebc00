package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.ExitCode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Ends sandboxes. */
@Command(
        name = "kill",
        description = "Ends sandboxes, also paused ones. Their processes and files are gone.",
        footer = {
            "",
            "Exit codes: 0 all of them ran and have ended; 1 one had ended before; 2 there is no such sandbox; 3 no daemon"
                    + " answers."
        },
        mixinStandardHelpOptions = true)
final class KillCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", arity = "1..*", description = "The sandboxes.")
    private List<String> ids = List.of();

    @Override
    public Integer call() {
        return daemon.call(client -> {
            int exitCode = 0;
            for (String id : daemon.ids(client, ids)) {
                if (!client.kill(id)) {
                    daemon.problem("sandbox " + id + " does not run");
                    exitCode = ExitCode.NOT_READY;
                }
            }
            return exitCode;
        });
    }
}
