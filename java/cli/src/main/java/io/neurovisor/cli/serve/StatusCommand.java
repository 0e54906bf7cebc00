package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.StatusClient;
import io.neurovisor.server.config.ApiKey;
import io.neurovisor.server.overview.Overview;
import io.neurovisor.server.overview.OverviewJson;
import io.neurovisor.server.setting.SettingGroup;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
            "The figures are those of its status page, http://127.0.0.1:9090 unless the settings say otherwise."
        },
        footer = {"", "Exit codes: 0 ready; 1 not ready, or about to end; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
@AcceptsSettings(SettingGroup.STATUS_PORT)
public final class StatusCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            description = "A file with the API key, for a daemon whose metrics port requires keys.")
    private @Nullable Path keyFile;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        StatusClient client = new StatusClient(
                common.config().metrics(), Optional.ofNullable(keyFile).map(file -> ApiKey.read(file, "--key-file")));
        Overview overview;
        try {
            overview = client.ask();
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.DAEMON_MISSING) {
                throw exception;
            }
            spec.commandLine().getErr().println("neurovisor: " + exception.getMessage());
            return ExitCode.NO_DAEMON;
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
