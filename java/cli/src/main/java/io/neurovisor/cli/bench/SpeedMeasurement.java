package io.neurovisor.cli.bench;

import io.neurovisor.bench.measure.TemporaryKeys;
import io.neurovisor.bench.publication.SpeedPublication;
import io.neurovisor.bench.speed.Scenario;
import io.neurovisor.bench.speed.SpeedPlan;
import io.neurovisor.bench.speed.SpeedReport;
import io.neurovisor.bench.speed.SpeedRun;
import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.ScratchDirectory;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.options.GuestOptions;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.config.GuestConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@code bench}. Separate from the command class, so that other commands do not load the classes it needs.
 *
 * @param output the file for the values; null for the default file
 */
record SpeedMeasurement(
        GuestOptions guest,
        boolean quick,
        List<String> scenarios,
        @Nullable Path output,
        PrintWriter out,
        PrintWriter err) {
    /** For daemons and their machines to stop. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String QUICK = "bench/results/quick.json";
    private static final String FLOOR = "target/x86_64-unknown-linux-gnu/release/neurovisor-floor";

    SpeedMeasurement {
        scenarios = List.copyOf(scenarios);
    }

    int run() {
        try (ConsoleProgress progress = guest.common().progress();
                ScratchDirectory scratch = ScratchDirectory.make();
                Cancellation cancellation = Cancellation.unwinding(PATIENCE);
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress)) {
            neuroVisor.prepare(sizes().getFirst());
            progress.done();
            SpeedReport report =
                    SpeedRun.of(plan(scratch.path()), sizes(), neuroVisor, InstantSource.system(), this::report);
            print(report);
            write(report.json());
            return cancellation.isRequested() ? ExitCode.CANCELLED : 0;
        }
    }

    /** Returns the size that the user has set; by default small, and without {@code --quick} also medium. */
    private List<SandboxSize> sizes() {
        if (!guest.common().loaded().isDefault(GuestConfig.SIZE)) {
            return List.of(guest.size());
        }
        return quick ? List.of(SandboxSize.SMALL) : List.of(SandboxSize.SMALL, SandboxSize.MEDIUM);
    }

    private SpeedPlan plan(Path scratch) {
        Set<Scenario> wanted = scenarios.stream()
                .map(Scenario::labelled)
                .flatMap(Optional::stream)
                .collect(Collectors.toSet());
        return new SpeedPlan(
                quick,
                wanted,
                new LauncherCommands(guest),
                home().resolve(FLOOR),
                guest.config().dataDir(),
                scratch,
                () -> TemporaryKeys.open(guest.settings()));
    }

    private Path home() {
        return guest.settings().home();
    }

    private void print(SpeedReport report) {
        report.circumstances().forEach(out::println);
        out.println();
        print(report.table());
        out.println();
        print(report.promises());
    }

    private void print(List<List<String>> rows) {
        Table table = new Table(rows.getFirst().toArray(String[]::new));
        rows.stream().skip(1).forEach(row -> table.row(row.toArray(String[]::new)));
        table.print(out);
    }

    private void write(String json) {
        Path file = output == null ? home().resolve(usualFile()) : output;
        SpeedPublication.keep(file, json);
        report("the values are in " + file);
    }

    /** Only complete runs are published. */
    private String usualFile() {
        if (!quick && scenarios.containsAll(Scenario.wholeLabels())) {
            return SpeedPublication.FULL;
        }
        return Scenario.separate().stream()
                .filter(scenario -> !quick && scenarios.equals(List.of(scenario.label())))
                .map(SpeedPublication::file)
                .findFirst()
                .orElse(QUICK);
    }

    private void report(String line) {
        guest.common().tell(err, line);
    }
}
