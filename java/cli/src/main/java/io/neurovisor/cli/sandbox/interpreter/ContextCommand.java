package io.neurovisor.cli.sandbox.interpreter;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Works with the contexts of a sandbox. */
@Command(
        name = "context",
        description = {
            "Lists, creates and ends contexts: interpreters of a sandbox, each with its own variables.",
            "CONTEXT is the id of a context or the beginning of one."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
public final class ContextCommand {
    private ContextCommand() {}

    /** Returns the command with its subcommands, in the order of the help. */
    public static CommandLine all() {
        return new CommandLine(new ContextCommand())
                .addSubcommand(new ListContextsCommand())
                .addSubcommand(new CreateContextCommand())
                .addSubcommand(new VariablesCommand())
                .addSubcommand(new RestartContextCommand())
                .addSubcommand(new RemoveContextCommand());
    }
}
