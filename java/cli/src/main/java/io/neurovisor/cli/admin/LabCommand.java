package io.neurovisor.cli.admin;

import io.neurovisor.cli.console.Cancellation;
import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.console.Terminal;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.cli.run.OutputDirectory;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.SkippedFile;
import io.neurovisor.host.process.ForegroundTool;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.lab.Lab;
import io.neurovisor.lab.Labs;
import io.neurovisor.lab.TemporaryLab;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.server.LabWiring;
import io.neurovisor.server.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs commands in an emulated machine with features that this machine may lack. */
@Command(
        name = "lab",
        description = {
            "Runs commands in an emulated machine with KVM, cgroup v2 and BPF LSM, even if this machine lacks them.",
            "The machine reads this repository with its build, and the images of this machine. Its own writes are "
                    + "discarded with it."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "./neurovisor test --area lab runs the tests that need such a machine."})
public final class LabCommand {
    /** For the removal of a root image of one gigabyte. */
    private static final Duration CLEANUP = Duration.ofSeconds(30);

    @Spec
    private CommandSpec spec;

    @Command(
            name = "up",
            description = {
                "Starts a machine that runs until lab down.",
                "Its data directory and all its other files are kept until then."
            },
            mixinStandardHelpOptions = true)
    void up(@Mixin CommonOptions common, @Mixin LabNameOption name, @Mixin LabOptions options) {
        try (ConsoleProgress progress = common.progress();
                SpawnerSupervisor supervisor = supervisor(common.settings());
                Cancellation _ = Cancellation.unwinding(CLEANUP)) {
            LabWiring.starts(common.settings(), supervisor).stay(name.name(), options.size(), progress);
        }
        if (!common.isQuiet()) {
            spec.commandLine()
                    .getErr()
                    .println("neurovisor: lab " + name.name() + " is up; ./neurovisor lab run" + name.option()
                            + " -- COMMAND uses it, ./neurovisor lab down" + name.option() + " stops it");
        }
    }

    @Command(
            name = "run",
            description = {
                "Runs a command in the machine that is up, or in a temporary machine if none is up.",
                "The command runs in the current state of the repository."
            },
            mixinStandardHelpOptions = true)
    public int run(
            @Mixin CommonOptions common,
            @Mixin LabNameOption name,
            @Mixin LabOptions options,
            @Option(
                            names = "--out",
                            paramLabel = "DIR",
                            description = "The directory for the files that the command writes into $LAB_OUT.")
                    @Nullable
                    Path out,
            @Parameters(paramLabel = "-- COMMAND", arity = "1..*", description = "The command and its arguments.")
                    List<String> command) {
        Settings settings = common.settings();
        Optional<Lab> up = LabWiring.labs(settings).find(name.name());
        if (up.isPresent()) {
            return execute(settings, up.get(), command, Optional.ofNullable(out));
        }
        try (ConsoleProgress progress = common.progress();
                SpawnerSupervisor supervisor = supervisor(settings);
                Cancellation _ = Cancellation.unwinding(CLEANUP);
                TemporaryLab temporary = LabWiring.starts(settings, supervisor).temporary(options.size(), progress)) {
            progress.done();
            return execute(settings, temporary.lab(), command, Optional.ofNullable(out));
        }
    }

    @Command(name = "shell", description = "Opens a shell in the machine that is up.", mixinStandardHelpOptions = true)
    int shell(@Mixin CommonOptions common, @Mixin LabNameOption name) {
        Lab lab = LabWiring.labs(common.settings())
                .find(name.name())
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.LAB_FAILED,
                        "Lab " + name.name() + " is not up; start it with ./neurovisor lab up" + name.option()));
        return execute(common.settings(), lab, List.of("/bin/bash", "-i"), Optional.empty());
    }

    @Command(name = "list", description = "Lists the machines that are up.", mixinStandardHelpOptions = true)
    void list(@Mixin CommonOptions common) {
        Table table = new Table("NAME", "SSH PORT", "CONSOLE");
        LabWiring.labs(common.settings())
                .list()
                .forEach(lab -> table.row(
                        lab.name().text(),
                        Integer.toString(lab.port()),
                        lab.console().toString()));
        table.print(spec.commandLine().getOut());
    }

    @Command(name = "down", description = "Stops a machine and removes its files.", mixinStandardHelpOptions = true)
    void down(@Mixin CommonOptions common, @Mixin LabNameOption name) {
        Labs labs = LabWiring.labs(common.settings());
        if (!labs.remove(name.name())) {
            throw NeuroVisorException.invalid(
                    "name", "no lab named " + name.name() + " is up; ./neurovisor lab list shows those that are");
        }
        if (!common.isQuiet()) {
            spec.commandLine().getErr().println("neurovisor: lab " + name.name() + " is down");
        }
    }

    private static SpawnerSupervisor supervisor(Settings settings) {
        new DataDirectory(settings.config().dataDir()).claim();
        return InstalledComponents.supervisor(settings);
    }

    private static int execute(Settings settings, Lab lab, List<String> command, Optional<Path> out) {
        boolean terminal = Terminal.isTerminal(Terminal.STDIN) && Terminal.isTerminal(Terminal.STDOUT);
        String output = Long.toString(System.nanoTime(), Character.MAX_RADIX);
        // An unusable directory is reported before the command runs.
        Optional<OutputDirectory> directory = out.map(OutputDirectory::open);
        int exitCode = new ForegroundTool(
                        LabWiring.guarded(settings, lab.command(settings.home(), output, command, terminal)))
                .run();
        directory.ifPresent(target -> {
            try (target) {
                lab.receiveFiles(output, target::file);
                target.unsaved().stream().findFirst().ifPresent(LabCommand::failUnsaved);
            }
        });
        return exitCode;
    }

    private static void failUnsaved(SkippedFile file) {
        throw new NeuroVisorException(Fault.STORAGE_FAILED, "--out: " + file.path() + " " + file.reason());
    }
}
