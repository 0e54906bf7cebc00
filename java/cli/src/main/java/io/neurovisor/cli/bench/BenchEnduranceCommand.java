package io.neurovisor.cli.bench;

import io.neurovisor.bench.endurance.EndurancePlan;
import io.neurovisor.bench.endurance.EnduranceRun;
import io.neurovisor.bench.endurance.PromiseReport;
import io.neurovisor.bench.endurance.Tenants;
import io.neurovisor.bench.endurance.sandbox.SandboxEnduranceRun;
import io.neurovisor.bench.measure.TemporaryKeys;
import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.ScratchDirectory;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.pool.PoolShare;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.server.DeadRuns;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.Settings;
import io.neurovisor.server.access.keys.Scope;
import io.neurovisor.server.config.ExecutionConfig;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Puts a daemon under load and kills its processes. */
@Command(
        name = "endurance",
        description = {
            "Starts a separate daemon, puts it under the load of several clients, kills machines at random and the daemon "
                    + "once, and reports whether anything was run twice, lost without an outcome or left behind; with "
                    + "--sandboxes, whether each sandbox ended once and for a known reason.",
            "Exit codes: 0 every promise was kept, 1 a promise was broken."
        },
        mixinStandardHelpOptions = true)
final class BenchEnduranceCommand implements Callable<Integer> {
    /** For the daemon and its machines to stop. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int WARM = 2;

    /** The number of requests of a hostile client that may wait. */
    private static final int HOSTILE_WAITING = 16;

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            defaultValue = "15m",
            description = "The duration of the load: seconds, or 90s, 15m, 2h. Default: 15m.")
    private String duration = "";

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "4",
            description = "The number of clients, 1 to 100. Default: 4.")
    private int clients;

    @Option(
            names = "--hostile",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "The number of hostile clients in the second half, 0 to 10. Each has a key that may have one machine; the "
                            + "honest clients have a key each, and their 99th percentile must at most double. Default: 0.")
    private int hostile;

    @Option(
            names = "--sandboxes",
            description =
                    "The clients keep, pause and copy sandboxes and use their processes and files, instead of running programs; the daemon is also stopped and restarted once.")
    private boolean sandboxes;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "The seed of the random requests and kills. Default: a random one.")
    private @Nullable Long seed;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Settings settings = guest.settings();
        try (ConsoleProgress progress = guest.common().progress();
                ScratchDirectory directory = ScratchDirectory.make();
                Cancellation cancellation = Cancellation.unwinding(PATIENCE)) {
            PromiseReport report = measure(settings, directory.socket());
            progress.done();
            report.lines().forEach(spec.commandLine().getOut()::println);
            return cancellation.isRequested()
                    ? ExitCode.CANCELLED
                    : report.complaints().isEmpty() ? 0 : 1;
        }
    }

    private PromiseReport measure(Settings settings, Path socket) {
        require("--clients", clients, 1, 100);
        require("--hostile", hostile, 0, 10);
        if (sandboxes && hostile > 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--hostile: %d is not allowed with --sandboxes; leave out one".formatted(hostile));
        }
        Duration time = time();
        if (sandboxes) {
            return SandboxEnduranceRun.of(sandboxPlan(settings, socket, time), () -> records(settings), this::report);
        }
        EndurancePlan plan = plan(settings, socket, time);
        if (hostile == 0) {
            return EnduranceRun.of(plan, settings.audit(), guest.size(), Tenants.LOCAL, this::report);
        }
        try (TemporaryKeys keys = TemporaryKeys.open(settings)) {
            Tenants tenants = new Tenants(
                    keys.create(clients, PoolShare.UNLIMITED, Set.of(Scope.EXECUTE)),
                    keys.create(
                            hostile,
                            new PoolShare(Optional.of(1), Optional.of(HOSTILE_WAITING)),
                            Set.of(Scope.EXECUTE)));
            return EnduranceRun.of(plan, settings.audit(), guest.size(), tenants, this::report);
        }
    }

    private void require(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw new ParameterException(
                    spec.commandLine(), "%s: %d is not allowed; use %d to %d".formatted(option, value, least, most));
        }
    }

    private Duration time() {
        return ExecutionConfig.TIMEOUT
                .type()
                .parser()
                .apply(duration)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "--duration: \"" + duration + "\" is not allowed; use "
                                + ExecutionConfig.TIMEOUT.type().allowed()));
    }

    private EndurancePlan plan(Settings settings, Path socket, Duration time) {
        return plan(settings, socket, time, "--max=" + (clients + hostile + WARM));
    }

    private EndurancePlan sandboxPlan(Settings settings, Path socket, Duration time) {
        int most = SandboxEnduranceRun.mostSandboxes(clients);
        return plan(settings, socket, time, "--max=" + (most + WARM), "--max-sandboxes=" + most);
    }

    private EndurancePlan plan(Settings settings, Path socket, Duration time, String... options) {
        ToolCommand serve =
                guest.serve(socket, "--rate-limit=off", "--warm=" + WARM).withArguments(List.of(options));
        return new EndurancePlan(
                serve,
                socket,
                WARM,
                () -> leftovers(settings),
                clients,
                time,
                seed == null ? new SecureRandom().nextLong(1_000_000) : seed);
    }

    private static List<SandboxRecord> records(Settings settings) {
        try (SandboxDatabase records = SandboxDatabase.open(
                settings.sandboxes(), InstantSource.system(), InstalledComponents.checkpoints(settings))) {
            return Stream.concat(records.ended().stream(), records.paused().stream())
                    .toList();
        }
    }

    private static List<String> leftovers(Settings settings) {
        DeadRuns.Swept left = new DeadRuns(settings, System.getenv(), true).sweep();
        return Stream.concat(
                        left.things().stream().map(thing -> String.valueOf(thing.path())), left.problems().stream())
                .toList();
    }

    private void report(String event) {
        if (!guest.common().isQuiet()) {
            spec.commandLine().getErr().println("neurovisor: " + event);
        }
    }
}
