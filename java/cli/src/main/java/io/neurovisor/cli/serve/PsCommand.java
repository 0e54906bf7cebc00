package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.NoDaemon;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lists the running executions of a daemon. */
@Command(
        name = "ps",
        description = "Lists the running executions of the daemon; status shows the rest.",
        footer = {"", "Exit codes: 0; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
public final class PsCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final StatusPortOptions port = new StatusPortOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        try {
            new StatusReport(spec.commandLine().getOut())
                    .printRunning(port.client(common).ask());
            return 0;
        } catch (NeuroVisorException exception) {
            return NoDaemon.reported(exception, spec);
        }
    }
}
