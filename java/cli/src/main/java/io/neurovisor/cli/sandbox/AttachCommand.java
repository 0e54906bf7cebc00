package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.run.Launch;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessInfo;
import io.neurovisor.engine.process.ProcessSelector;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Connects to a running process of a sandbox. */
@Command(
        name = "attach",
        description = {
            "Connects to a process of a sandbox: prints its output that is kept, then what comes, and ends with its exit"
                    + " code.",
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
            names = {"-i", "--interactive"},
            description = "Pass standard input on to a process without a terminal that was started with input.")
    private boolean interactive;

    private final Launch launch;

    AttachCommand(Launch launch) {
        this.launch = launch;
    }

    @Override
    public Integer call() {
        return daemon.callOfProcess(client -> {
            String sandbox = daemon.id(client, id);
            ProcessSelector selector = SandboxArguments.process(process);
            Optional<RawTerminal> terminal =
                    hasTerminal(client.processes(sandbox), selector) ? RawTerminal.ofThisProcess() : Optional.empty();
            return new AttachedProcess(daemon, client, sandbox, launch)
                    .follow(
                            new AttachedProcess.Connection(false, interactive || terminal.isPresent(), true, terminal),
                            processes -> processes.attach(
                                    selector,
                                    fromNow ? new OutputStart.Now() : new OutputStart.Kept(),
                                    SandboxAccess.answer()));
        });
    }

    private static boolean hasTerminal(GuestProcesses processes, ProcessSelector selector) {
        return processes.list(SandboxAccess.answer()).stream()
                .filter(running -> running.end().isEmpty() && isNamed(running, selector))
                .anyMatch(running -> running.spec().terminal().isPresent());
    }

    private static boolean isNamed(ProcessInfo process, ProcessSelector selector) {
        return switch (selector) {
            case ProcessSelector.Pid(int pid) -> process.pid() == pid;
            case ProcessSelector.Tag(String tag) ->
                process.spec().tag().filter(tag::equals).isPresent();
        };
    }
}
