package io.neurovisor.cli.completion;

import java.io.PrintWriter;
import java.util.Iterator;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a completion script for a shell. */
@Command(
        name = "completion",
        description = {
            "Prints a script with which bash, zsh or fish completes commands, options and values.",
            "For this shell: source <(neurovisor completion bash), in fish: neurovisor completion fish | source.",
            "install sets it up for every shell."
        },
        mixinStandardHelpOptions = true)
public final class CompletionCommand implements Runnable {
    @Parameters(paramLabel = "SHELL", completionCandidates = Shells.class, description = "bash, zsh or fish.")
    private String shell = "";

    @Spec
    private CommandSpec spec;

    static final class Shells implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Shell.names().iterator();
        }
    }

    @Override
    public void run() {
        Shell known = Shell.named(shell)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(), "SHELL: \"" + shell + "\" is not allowed; use bash, zsh or fish"));
        PrintWriter out = spec.commandLine().getOut();
        out.print(known.script(spec.root().commandLine()));
        out.flush();
    }
}
