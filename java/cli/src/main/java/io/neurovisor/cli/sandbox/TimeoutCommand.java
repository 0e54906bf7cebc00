package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.Table;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Sets the time-out of a sandbox. */
@Command(
        name = "timeout",
        description = "Sets the time after which a sandbox ends, counted from now, and prints when that is.",
        footer = {"", "Exit codes: 0; 2 there is no such sandbox, or wrong usage; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class TimeoutCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "TIME", description = "1s to 24h, or 0 for immediately.")
    private String time = "";

    @Override
    public Integer call() {
        Duration timeout = time.equals("0")
                ? Duration.ZERO
                : SandboxArguments.time("TIME", time).orElseThrow();
        return daemon.call(client -> {
            SandboxView sandbox = client.setTimeout(daemon.id(client, id), timeout);
            daemon.print(Table.time(sandbox.ends()));
            return 0;
        });
    }
}
