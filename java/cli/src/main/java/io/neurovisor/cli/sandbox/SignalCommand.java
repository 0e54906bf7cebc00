package io.neurovisor.cli.sandbox;

import io.neurovisor.server.setting.NearestName;
import java.util.Iterator;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sends a signal to a process of a sandbox. */
@Command(
        name = "signal",
        description = "Sends a signal to a process of a sandbox.",
        footer = {"", "Exit codes: 0 it was sent; 2 there is no such sandbox, process or signal; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class SignalCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Parameters(index = "1", paramLabel = "PID|TAG", description = "The process, as ps shows it.")
    private String process = "";

    @Parameters(
            index = "2",
            paramLabel = "SIGNAL",
            completionCandidates = Names.class,
            description = "A name such as TERM, or a number from 1 to 64.")
    private String signal = "";

    @Option(names = "--group", description = "Also send it to all processes that this one has started.")
    private boolean group;

    @Spec
    private CommandSpec spec;

    static final class Names implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return SandboxArguments.signals().iterator();
        }
    }

    @Override
    public Integer call() {
        int number = SandboxArguments.signal(signal)
                .orElseThrow(() -> new ParameterException(
                        spec.commandLine(),
                        "SIGNAL: \"" + signal + "\" is not allowed; use a number from 1 to 64 or a name such as TERM"
                                + NearestName.of(signal.toUpperCase(Locale.ROOT), SandboxArguments.signals())
                                        .map(near -> "; did you mean " + near + "?")
                                        .orElse("")));
        return daemon.call(client -> {
            client.processes(daemon.id(client, id))
                    .signal(SandboxArguments.process(process), number, group, SandboxAccess.answer());
            return 0;
        });
    }
}
