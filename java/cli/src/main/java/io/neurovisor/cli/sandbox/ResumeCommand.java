package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.Table;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Resumes paused sandboxes. */
@Command(
        name = "resume",
        description = "Continues paused sandboxes in new machines.",
        footer = {
            "",
            "Exit codes: 0 all of them run; 2 there is no such sandbox, or wrong usage; 3 no daemon answers; 125 one could"
                    + " not be continued."
        },
        mixinStandardHelpOptions = true)
final class ResumeCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", arity = "1..*", description = "The sandboxes.")
    private List<String> ids = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "The least time from now after which they end, 1s to 24h. Default: their time-out stays.")
    private @Nullable String timeout;

    @Override
    public Integer call() {
        Optional<Duration> least = SandboxArguments.time("--timeout", timeout);
        return daemon.call(client -> {
            for (String id : daemon.ids(client, ids)) {
                SandboxView resumed = SandboxAccess.patiently(
                        () -> least.map(time -> client.connect(id, time)).orElseGet(() -> client.connect(id)));
                daemon.remark("sandbox " + id + " runs until " + Table.time(resumed.ends())
                        + " unless its time-out is set again");
            }
            return 0;
        });
    }
}
