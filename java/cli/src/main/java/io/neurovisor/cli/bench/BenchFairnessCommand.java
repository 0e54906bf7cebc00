package io.neurovisor.cli.bench;

import io.neurovisor.bench.fairness.FairnessReport;
import io.neurovisor.bench.fairness.FairnessRun;
import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.server.NeuroVisor;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures how much a client of a daemon is slowed down by another client. */
@Command(
        name = "fairness",
        description = {
            "Sends the requests of one client to a daemon's pool, first alone and then next to a client that always has "
                    + "requests waiting, and compares their 99th percentiles.",
            "Exit codes: 0 the percentile at most doubled, 1 it more than doubled; 5 no sandbox, 130 cancelled, 2 wrong usage."
        },
        mixinStandardHelpOptions = true)
final class BenchFairnessCommand implements Callable<Integer> {
    private static final int MOST = 10_000;

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(
            names = "--requests",
            paramLabel = "N",
            description =
                    "The number of requests that are measured alone, and again next to the other client. Default: ${DEFAULT-VALUE}.")
    private int requests = 200;

    @Option(
            names = "--clients",
            paramLabel = "N",
            description = "The number of requests that the other client has at any time. Default: ${DEFAULT-VALUE}.")
    private int clients = 32;

    @Option(
            names = "--max-machines",
            paramLabel = "N",
            description =
                    "The number of machines that the other client may have at a time, like the limit of a key. Default: no limit.")
    private @Nullable String maxMachines;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        require("--requests", requests);
        require("--clients", clients);
        PoolShare share = new PoolShare(Optional.ofNullable(maxMachines).map(this::count), Optional.empty());
        try (ConsoleProgress progress = guest.common().progress();
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress);
                Cancellation cancellation = Cancellation.closing(neuroVisor::close)) {
            neuroVisor.prepare(guest.size());
            progress.done();
            neuroVisor.pool().keepWarm();
            FairnessReport report =
                    new FairnessRun(neuroVisor.executions(), guest.size(), requests, clients, share).measure();
            report.lines().forEach(spec.commandLine().getOut()::println);
            return cancellation.isRequested() ? ExitCode.CANCELLED : report.isFair() ? 0 : 1;
        }
    }

    private void require(String option, int value) {
        if (value < 1 || value > MOST) {
            throw new ParameterException(
                    spec.commandLine(), "%s: %d is not allowed; use 1 to %d".formatted(option, value, MOST));
        }
    }

    private int count(String text) {
        return PoolShare.parse(text)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "--max-machines: \"" + text + "\" is not allowed; use " + PoolShare.ALLOWED));
    }
}
