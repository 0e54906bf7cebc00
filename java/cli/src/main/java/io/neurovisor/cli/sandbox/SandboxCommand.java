package io.neurovisor.cli.sandbox;

import io.neurovisor.cli.run.Launch;
import io.neurovisor.cli.sandbox.interpreter.ContextCommand;
import io.neurovisor.cli.sandbox.interpreter.ReplCommand;
import io.neurovisor.cli.sandbox.interpreter.RunCodeCommand;
import io.neurovisor.cli.sandbox.snapshot.SnapshotSubcommands;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Creates sandboxes and works in them. */
@Command(
        name = "sandbox",
        description = {
            "Creates sandboxes, microVMs that the daemon keeps until their time-out, and works in them.",
            "ID is the id of a sandbox, the beginning of one, or the name of a sandbox."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class SandboxCommand {
    private SandboxCommand() {}

    /** Returns the command with its subcommands, in the order of the help. */
    public static CommandLine of(Launch launch) {
        CommandLine sandbox = new CommandLine(new SandboxCommand())
                .addSubcommand(new CreateCommand(launch))
                .addSubcommand(new ListCommand())
                .addSubcommand(new InfoCommand())
                .addSubcommand(new ExecCommand(launch))
                .addSubcommand(new ShellCommand(launch))
                .addSubcommand(new RunCodeCommand(launch))
                .addSubcommand(new ReplCommand(launch))
                .addSubcommand(ContextCommand.all())
                .addSubcommand(new CopyCommand(launch))
                .addSubcommand(new ProcessesCommand())
                .addSubcommand(new AttachCommand(launch))
                .addSubcommand(new SignalCommand())
                .addSubcommand(new PauseCommand())
                .addSubcommand(new ResumeCommand())
                .addSubcommand(new ForkCommand());
        SnapshotSubcommands.all().forEach(sandbox::addSubcommand);
        return sandbox.addSubcommand(new TimeoutCommand())
                .addSubcommand(new WatchCommand())
                .addSubcommand(new MetricsCommand())
                .addSubcommand(new KillCommand());
    }
}
