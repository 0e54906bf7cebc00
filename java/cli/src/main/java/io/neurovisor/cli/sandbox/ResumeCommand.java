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

/** Resumes paused sandboxes, and lost ones if that is wanted. */
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

    @Option(
            names = "--accept-older",
            description =
                    "Let a sandbox that was lost with its daemon go back to when it was saved last, if that is kept: for a day"
                            + " after it was lost. What it did since then is gone.")
    private boolean acceptOlder;

    @Override
    public Integer call() {
        Optional<Duration> least = SandboxArguments.time("--timeout", timeout);
        return daemon.call(client -> {
            List<String> resumed = ids.stream()
                    .map(text -> daemon.id(client, text, acceptOlder))
                    .distinct()
                    .toList();
            for (String id : resumed) {
                SandboxView sandbox = SandboxAccess.patiently(() -> client.connect(id, least, acceptOlder));
                daemon.remark("sandbox " + id + " runs until " + Table.time(sandbox.ends())
                        + " unless its time-out is set again");
            }
            return 0;
        });
    }
}
