package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.sandbox.terminal.RawTerminal;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessSelector;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Connects to a running process of a sandbox. */
@Command(
        name = "attach",
        description = {
            "Connects to a process of a sandbox: prints its output that is kept, then what comes, and ends with its exit"
                    + " code. A line on stderr names output that is no longer kept.",
            "Ctrl-C leaves it running. If it has a terminal, keys go to it, Ctrl-C included, and Ctrl-] leaves it running."
        },
        mixinStandardHelpOptions = true,
        footer = {"", "Exit codes: those of exec."})
final class AttachCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "PID|TAG", description = "The process, as ps shows it.")
    private String process = "";

    @Option(names = "--from-now", description = "Print only output that is written from now on.")
    private boolean fromNow;

    @Option(
            names = "--stdout-from",
            paramLabel = "BYTES",
            description = "Leave out the first BYTES of stdout, or of the terminal, that another client has received.")
    private @Nullable Long stdoutFrom;

    @Option(names = "--stderr-from", paramLabel = "BYTES", description = "Leave out the first BYTES of stderr.")
    private @Nullable Long stderrFrom;

    @Option(
            names = {"-i", "--interactive"},
            description = "Pass standard input on to a process without a terminal that was started with input.")
    private boolean interactive;

    private final Launch launch;

    AttachCommand(Launch launch) {
        this.launch = launch;
    }

    @Override
    public Integer call() {
        OutputOffsets offsets = offsets();
        return daemon.callOfProcess(client -> {
            String sandbox = daemon.id(client, id);
            ProcessSelector selector = SandboxArguments.process(process);
            Optional<ProcessInfo> found = find(client.processes(sandbox), selector);
            boolean hasTerminal = found.flatMap(info -> info.spec().terminal()).isPresent();
            Optional<RawTerminal> terminal =
                    hasTerminal && found.flatMap(ProcessInfo::end).isEmpty()
                            ? RawTerminal.ofThisProcess()
                            : Optional.empty();
            OutputStart start = fromNow
                    ? new OutputStart.Now()
                    : new OutputStart.From(hasTerminal ? new OutputOffsets(0, 0, offsets.stdout()) : offsets);
            return new AttachedProcess(daemon, client, sandbox, launch)
                    .after(fromNow ? found.map(ProcessInfo::offsets).orElse(OutputOffsets.START) : offsets)
                    .follow(
                            new AttachedProcess.Connection(false, interactive || terminal.isPresent(), true, terminal),
                            processes -> processes.attach(selector, start, SandboxAccess.answer()));
        });
    }

    private OutputOffsets offsets() {
        if (fromNow && (stdoutFrom != null || stderrFrom != null)) {
            throw NeuroVisorException.invalid(
                    "from_now", "--from-now excludes --stdout-from and --stderr-from; leave out one of them");
        }
        return new OutputOffsets(offset("--stdout-from", stdoutFrom), offset("--stderr-from", stderrFrom), 0);
    }

    private static long offset(String option, @Nullable Long bytes) {
        if (bytes != null && bytes < 0) {
            throw NeuroVisorException.invalid(
                    "offsets", option + ": " + bytes + " is not allowed; use a number of bytes from 0");
        }
        return bytes == null ? 0 : bytes;
    }

    private static Optional<ProcessInfo> find(GuestProcesses processes, ProcessSelector selector) {
        // A tag may have been used again after the end of its process: the latest is attached to.
        return processes.list(SandboxAccess.answer()).stream()
                .filter(process -> isNamed(process, selector))
                .reduce((_, latest) -> latest);
    }

    private static boolean isNamed(ProcessInfo process, ProcessSelector selector) {
        return switch (selector) {
            case ProcessSelector.Pid(int pid) -> process.pid() == pid;
            case ProcessSelector.Tag(String tag) ->
                process.spec().tag().filter(tag::equals).isPresent();
        };
    }
}
