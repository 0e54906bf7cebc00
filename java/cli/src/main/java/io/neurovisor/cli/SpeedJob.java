package io.neurovisor.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.cli.speed.Plan;
import io.neurovisor.cli.speed.PublishedTable;
import io.neurovisor.cli.speed.Scenario;
import io.neurovisor.cli.speed.SpeedReport;
import io.neurovisor.cli.speed.SpeedRun;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.config.Setting;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One measurement of the product's speed. Apart from its command, so that no other command loads what it uses. */
final class SpeedJob {
    /** For daemons and their machines to end. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String FULL = "bench/results/full.json";
    private static final String QUICK = "bench/results/quick.json";
    private static final String FLOOR = "target/x86_64-unknown-linux-gnu/release/neurovisor-floor";

    private final GuestOptions guest;
    private final boolean quick;
    private final List<String> scenarios;
    private final @Nullable Path output;
    private final PrintWriter out;
    private final PrintWriter err;

    /** @param output where the values go; the usual place if null */
    SpeedJob(
            GuestOptions guest,
            boolean quick,
            List<String> scenarios,
            @Nullable Path output,
            PrintWriter out,
            PrintWriter err) {
        this.guest = requireNonNull(guest, "guest is null");
        this.quick = quick;
        this.scenarios = List.copyOf(scenarios);
        this.output = output;
        this.out = requireNonNull(out, "out is null");
        this.err = requireNonNull(err, "err is null");
    }

    int run() {
        try (ConsoleProgress progress = guest.common().progress();
                ScratchDirectory scratch = ScratchDirectory.make();
                Cancellation cancellation = Cancellation.unwinding(PATIENCE);
                NeuroVisor neuroVisor = NeuroVisor.open(guest.settings(), progress)) {
            neuroVisor.prepare(sizes().getFirst());
            progress.done();
            SpeedReport report =
                    SpeedRun.of(plan(scratch.path()), sizes(), neuroVisor, InstantSource.system(), this::tell);
            print(report);
            write(report.json());
            return cancellation.isRequested() ? ExitCode.CANCELLED : 0;
        }
    }

    /** What was measured last and whole, where a reader of the repository looks for it. */
    int publish() {
        Path readme = home().resolve("README.md");
        Path values = home().resolve(FULL);
        try {
            Files.writeString(
                    readme,
                    PublishedTable.replace(Files.readString(readme), new ObjectMapper().readTree(values.toFile())));
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    values + " cannot be put into " + readme + ": " + exception.getMessage()
                            + "; measure first: ./neurovisor bench",
                    exception);
        }
        tell("the table of " + values + " is in " + readme);
        return 0;
    }

    /** Those that were asked for; otherwise the smallest, and the usual one too where there is time. */
    private List<SandboxSize> sizes() {
        if (!guest.common().loaded().isDefault(Setting.SIZE)) {
            return List.of(guest.size());
        }
        return quick ? List.of(SandboxSize.SMALL) : List.of(SandboxSize.SMALL, SandboxSize.MEDIUM);
    }

    private Plan plan(Path scratch) {
        Set<Scenario> wanted = scenarios.stream()
                .map(Scenario::labelled)
                .flatMap(Optional::stream)
                .collect(Collectors.toSet());
        return new Plan(quick, wanted, new OwnCommands(), home().resolve(FLOOR), scratch);
    }

    private Path home() {
        return guest.settings().home();
    }

    /** Of this installation, with the options of this command. */
    private final class OwnCommands implements Plan.Commands {
        @Override
        public ToolCommand serve(SandboxSize size, Path socket, List<String> options) {
            String[] more = Stream.concat(
                            Stream.of("--log-level=info", "--listen=127.0.0.1", "--metrics-listen=127.0.0.1"),
                            options.stream())
                    .toArray(String[]::new);
            return guest.serve(size, socket, more);
        }

        @Override
        public ToolCommand runByDaemon(SandboxSize size, Path socket, List<String> program) {
            // What machines are made of, that daemon knows; settings of the environment would contradict it.
            ToolCommand command =
                    run(List.of("--daemon=on", "--socket=" + socket, "--size=" + size.label()), List.of(), program);
            for (String name : System.getenv().keySet()) {
                command = name.startsWith("NEUROVISOR_") ? command.withEnvironment(name, "") : command;
            }
            return command;
        }

        @Override
        public ToolCommand runAlone(SandboxSize size, List<String> program) {
            return run(List.of("--daemon=off"), guest.arguments(size), program);
        }

        private ToolCommand run(List<String> how, List<String> options, List<String> program) {
            return ToolCommand.of(home().resolve("neurovisor").toString(), "neurovisor", "run")
                    .withArguments(how)
                    .withArguments(options)
                    .withArguments(program);
        }
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
        // What is published is whole.
        boolean whole = !quick && scenarios.containsAll(Scenario.labels());
        Path file = output == null ? home().resolve(whole ? FULL : QUICK) : output;
        try {
            Path parent = file.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            Files.writeString(file, json);
            tell("the values are in " + file);
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED, file + " cannot be written: " + exception.getMessage(), exception);
        }
    }

    private void tell(String line) {
        if (!guest.common().isQuiet()) {
            err.println("neurovisor: " + line);
            err.flush();
        }
    }
}
