package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.console.Terminal;
import io.neurovisor.cli.run.EnvironmentArguments;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.sandbox.terminal.RawTerminal;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.server.client.sandbox.SandboxClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs a process in a sandbox. */
@Command(
        name = "exec",
        description = {
            "Runs a process in a sandbox and ends with its exit code.",
            "Ctrl-C sends it SIGINT; a second one kills it, a third one detaches from it. It goes on if this command is"
                    + " killed; attach connects to it again."
        },
        mixinStandardHelpOptions = true,
        customSynopsis = "neurovisor sandbox exec [OPTIONS] ID -- COMMAND ARGS...",
        footer = {
            "",
            "Exit codes: that of the process; 128+n signal n, 124 timed out, 123 the sandbox has ended, 125 NeuroVisor"
                    + " failed, 126 outcome unknown, 127 no such command, 130 detached, 141 output closed by its reader, 2"
                    + " wrong usage."
        })
final class ExecCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Parameters(
            index = "1..*",
            arity = "1..*",
            paramLabel = "-- COMMAND ARGS",
            description = "A path, or a name that is searched in PATH, and its arguments.")
    private List<String> command = List.of();

    @Option(
            names = {"-i", "--interactive"},
            description = "Pass standard input on, also if it is a terminal.")
    private boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description = "Give the process a terminal. With -i, keys go to it as they are typed.")
    private boolean tty;

    @Option(
            names = {"-d", "--detach"},
            description = "Print the number of the process when it has started, and leave it running.")
    private boolean detach;

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME[=VALUE]",
            description = "Set a variable of the process' environment, or pass on one of this environment. Repeatable.")
    private List<String> variables = List.of();

    @Option(
            names = "--cwd",
            paramLabel = "DIR",
            description = "The directory in which it starts. Default: that of the sandbox.")
    private @Nullable String directory;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "The time after which it is killed, 1s to 24h. Default: as long as the sandbox.")
    private @Nullable String timeout;

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description = "A name for the process, by which attach and signal find it.")
    private @Nullable String tag;

    private final Launch launch;

    ExecCommand(Launch launch) {
        this.launch = launch;
    }

    @Override
    public Integer call() {
        if (detach && tty) {
            throw NeuroVisorException.invalid("detach", "--detach leaves no terminal for --tty; leave out one of them");
        }
        Map<String, String> environment =
                EnvironmentArguments.parse(variables, launch.environment().variables());
        Optional<Duration> limit = SandboxArguments.time("--timeout", timeout);
        return daemon.callOfProcess(client -> {
            String sandbox = daemon.id(client, id);
            Optional<RawTerminal> terminal = tty && interactive ? RawTerminal.ofThisProcess() : Optional.empty();
            ProcessSpec spec = new ProcessSpec(
                    command.getFirst(),
                    command.subList(1, command.size()),
                    tty ? RawTerminal.environment(environment, launch) : environment,
                    Optional.ofNullable(directory),
                    tty ? Optional.of(RawTerminal.size(terminal)) : Optional.empty(),
                    interactive || (!detach && !Terminal.isTerminal(Terminal.STDIN)),
                    Optional.ofNullable(tag),
                    false,
                    limit);
            return detach ? start(client.processes(sandbox), spec) : run(client, sandbox, spec, terminal);
        });
    }

    private int start(GuestProcesses processes, ProcessSpec spec) {
        try (ProcessEvents events = processes.start(spec, SandboxAccess.answer())) {
            daemon.print(Integer.toString(AttachedProcess.pid(events)));
            return 0;
        }
    }

    private int run(SandboxClient client, String sandbox, ProcessSpec spec, Optional<RawTerminal> terminal) {
        return new AttachedProcess(daemon, client, sandbox, launch)
                .follow(
                        new AttachedProcess.Connection(true, spec.hasInput(), true, terminal),
                        processes -> processes.start(spec, SandboxAccess.answer()));
    }
}
