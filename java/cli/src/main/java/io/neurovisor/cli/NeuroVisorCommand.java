package io.neurovisor.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command without a subcommand. */
@Command(
        name = "neurovisor",
        description = "Runs code in fresh microVMs, each of which is destroyed after one use.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes of run: the program's own; 124 timed out, 137 out of memory or",
            "killed, 128+n signal n, 122 output limit, 123 sandbox died, 125 NeuroVisor",
            "failed, 126 outcome unknown, 130 cancelled, 141 output closed by its reader,",
            "2 wrong usage. Of agent: 0 answer, 3 limit reached, 4 no model, 5 no sandbox,",
            "130 cancelled, 2 wrong usage.",
            "",
            "neurovisor help COMMAND shows the options of a command."
        })
final class NeuroVisorCommand {
    @Option(
            names = "--agent",
            paramLabel = "TASK",
            description = "Have a language model work on a task: the same as neurovisor agent TASK, with its options.")
    @SuppressWarnings("UnusedVariable") // ImpliedCommand has made it a command before this is parsed.
    private @Nullable String agent;
}
