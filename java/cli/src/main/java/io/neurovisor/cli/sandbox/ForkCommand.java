package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.sandbox.SandboxCopy;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes copies of a sandbox. */
@Command(
        name = "fork",
        description =
                "Makes copies of a sandbox and prints their ids. Its processes continue in each copy, and in the sandbox itself.",
        footer = {
            "",
            "Exit codes: 0 all copies run; 2 there is no such sandbox, or wrong usage; 3 no daemon answers; 125 not all copies"
                    + " were made, and a line for each says why."
        },
        mixinStandardHelpOptions = true)
final class ForkCommand implements Callable<Integer> {
    private static final int MAX_COPIES = 32;

    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1",
            description = "The number of copies, 1 to 32. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "The time after which a copy ends, 1s to 24h. Default: the daemon's --sandbox-timeout.")
    private @Nullable String timeout;

    @Option(names = "--json", description = "Print the copies as a JSON array.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (count < 1 || count > MAX_COPIES) {
            throw new ParameterException(
                    spec.commandLine(), "--count: " + count + " is not allowed; use 1 to " + MAX_COPIES);
        }
        Optional<Duration> life = SandboxArguments.time("--timeout", timeout);
        return daemon.call(client -> print(client.fork(daemon.id(client, id), count, life)));
    }

    private int print(List<SandboxCopy> results) {
        List<SandboxView> made = new ArrayList<>();
        int exitCode = 0;
        for (SandboxCopy result : results) {
            switch (result) {
                case SandboxCopy.Made(SandboxView copy) -> made.add(copy);
                case SandboxCopy.Failed(NeuroVisorException reason) -> {
                    daemon.problem("a copy was not made: " + reason.getMessage());
                    exitCode = ExitCode.FAILED;
                }
            }
        }
        if (json) {
            daemon.print(SandboxText.json(made).toPrettyString());
        } else {
            made.forEach(copy -> daemon.print(copy.id()));
        }
        made.stream()
                .findFirst()
                .ifPresent(first -> daemon.remark((first.pausesOnTimeout() ? "a copy is paused at " : "a copy ends at ")
                        + Table.time(first.ends()) + " unless its time-out is set again"));
        return exitCode;
    }
}
