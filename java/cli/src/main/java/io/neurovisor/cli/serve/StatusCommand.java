package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.NoDaemon;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.StatusClient;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the current state of a daemon. */
@Command(
        name = "status",
        description = {
            "Shows the current state of the daemon: pool, layers, executions.",
            "It asks the metrics port that the settings name, else that of this user's daemon."
        },
        footer = {"", "Exit codes: 0 ready; 1 not ready, or about to end; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private final StatusPortOptions port = new StatusPortOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        StatusClient client;
        Overview overview;
        try {
            client = port.client(common);
            overview = client.ask();
        } catch (NeuroVisorException exception) {
            return NoDaemon.reported(exception, spec);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(OverviewJson.write(overview));
        } else {
            new StatusReport(out).print(overview, client.url());
        }
        out.flush();
        return overview.ready() ? 0 : ExitCode.NOT_READY;
    }
}
