package io.neurovisor.cli;

import io.neurovisor.cli.endurance.EnduranceReport;
import io.neurovisor.cli.endurance.EnduranceRun;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.server.DeadRuns;
import io.neurovisor.server.Settings;
import io.neurovisor.server.config.Setting;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Loads a daemon for a while and kills what it consists of. */
@Command(
        name = "endurance",
        description = {
            "Starts a daemon of its own, has clients ask it for programs of all kinds, kills machines at "
                    + "random and once the daemon, and tells whether anything was run twice, lost without an outcome "
                    + "or left behind.",
            "Exit codes: 0 everything held, 1 something did not."
        },
        mixinStandardHelpOptions = true)
final class BenchEnduranceCommand implements Callable<Integer> {
    /** For the daemon and its machines to end. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Mixin
    private final GuestOptions guest = new GuestOptions();

    @Option(
            names = "--duration",
            paramLabel = "TIME",
            defaultValue = "15m",
            description = "How long clients ask: seconds, or 90s, 15m, 2h. Default: 15m.")
    private String duration = "";

    @Option(
            names = "--clients",
            paramLabel = "N",
            defaultValue = "4",
            description = "How many ask at the same time, 1 to 100. Default: 4.")
    private int clients;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "What they ask for and what is killed follows from it. Default: another each time.")
    private @Nullable Long seed;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    @Override
    public Integer call() {
        Settings settings = guest.settings();
        try (ConsoleProgress progress = guest.common().progress();
                ScratchDirectory directory = ScratchDirectory.make();
                Cancellation cancellation = Cancellation.unwinding(PATIENCE)) {
            EnduranceReport report = EnduranceRun.of(plan(settings, directory.socket()), this::tell);
            progress.done();
            report.lines().forEach(spec.commandLine().getOut()::println);
            return cancellation.isRequested()
                    ? ExitCode.CANCELLED
                    : report.complaints().isEmpty() ? 0 : 1;
        }
    }

    private EnduranceRun.Plan plan(Settings settings, Path socket) {
        int warm = 2;
        if (clients < 1 || clients > 100) {
            throw new ParameterException(spec.commandLine(), "--clients: " + clients + " is not allowed; use 1 to 100");
        }
        Duration time = Setting.TIMEOUT
                .form()
                .parser()
                .apply(duration)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "--duration: \"" + duration + "\" is not allowed; use "
                                + Setting.TIMEOUT.form().allowed()));
        ToolCommand serve = guest.serve(socket, "--rate-limit=off", "--warm=" + warm, "--max=" + (clients + warm));
        return new EnduranceRun.Plan(
                serve,
                socket,
                warm,
                settings.audit(),
                () -> leftovers(settings),
                guest.size(),
                clients,
                time,
                seed == null ? new SecureRandom().nextLong(1_000_000) : seed);
    }

    private static List<String> leftovers(Settings settings) {
        DeadRuns.Swept left = new DeadRuns(settings, System.getenv(), true).sweep();
        return Stream.concat(
                        left.things().stream().map(thing -> String.valueOf(thing.path())), left.problems().stream())
                .toList();
    }

    private void tell(String event) {
        if (!guest.common().isQuiet()) {
            spec.commandLine().getErr().println("neurovisor: " + event);
        }
    }
}
