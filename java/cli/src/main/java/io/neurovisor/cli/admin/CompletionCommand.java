package io.neurovisor.cli.admin;

import java.io.PrintWriter;
import java.util.Iterator;
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a completion script for a shell. */
@Command(
        name = "completion",
        description = {
            "Prints a script with which bash or zsh completes commands, options and values.",
            "For this shell: source <(neurovisor completion bash)"
        },
        mixinStandardHelpOptions = true)
public final class CompletionCommand implements Runnable {
    private static final List<String> SHELLS = List.of("bash", "zsh");

    @Parameters(paramLabel = "SHELL", completionCandidates = Shells.class, description = "bash or zsh.")
    private String shell = "";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it.
    private CommandSpec spec;

    static final class Shells implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return SHELLS.iterator();
        }
    }

    @Override
    public void run() {
        if (!SHELLS.contains(shell)) {
            throw new ParameterException(
                    spec.commandLine(), "SHELL: \"" + shell + "\" is not allowed; use " + String.join(" or ", SHELLS));
        }
        // One script serves both: in zsh it loads the emulation of bash completion.
        PrintWriter out = spec.commandLine().getOut();
        out.print(AutoComplete.bash(spec.root().name(), spec.root().commandLine()));
        out.flush();
    }
}
