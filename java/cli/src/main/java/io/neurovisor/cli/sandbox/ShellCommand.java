package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.run.EnvironmentArguments;
import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.sandbox.terminal.RawTerminal;
import io.neurovisor.engine.process.ProcessSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Opens a shell in a sandbox. */
@Command(
        name = "shell",
        description = {
            "Opens a shell in a sandbox: a login shell of bash, or sh if the image has no bash.",
            "What is still running at its exit by nohup or setsid goes on. If this command is killed, the shell is, with all"
                    + " that it has started."
        },
        mixinStandardHelpOptions = true,
        footer = {"", "Exit codes: those of exec."})
final class ShellCommand implements Callable<Integer> {
    private static final String SCRIPT = "[ -x /bin/bash ] && exec /bin/bash -l; exec /bin/sh -l";

    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME[=VALUE]",
            description = "Set a variable of the shell's environment, or pass on one of this environment. Repeatable.")
    private List<String> variables = List.of();

    @Option(
            names = "--cwd",
            paramLabel = "DIR",
            description = "The directory in which it starts. Default: that of the sandbox.")
    private @Nullable String directory;

    private final Launch launch;

    ShellCommand(Launch launch) {
        this.launch = launch;
    }

    @Override
    public Integer call() {
        Map<String, String> environment =
                EnvironmentArguments.parse(variables, launch.environment().variables());
        return daemon.callOfProcess(client -> {
            String sandbox = daemon.id(client, id);
            Optional<RawTerminal> terminal = RawTerminal.ofThisProcess();
            ProcessSpec spec = new ProcessSpec(
                    "/bin/sh",
                    List.of("-c", SCRIPT),
                    RawTerminal.environment(environment, launch),
                    Optional.ofNullable(directory),
                    Optional.of(RawTerminal.size(terminal)),
                    true,
                    Optional.empty(),
                    true,
                    Optional.empty());
            return new AttachedProcess(daemon, client, sandbox, launch)
                    .follow(
                            new AttachedProcess.Connection(true, true, false, terminal),
                            processes -> processes.start(spec, SandboxAccess.answer()));
        });
    }
}
