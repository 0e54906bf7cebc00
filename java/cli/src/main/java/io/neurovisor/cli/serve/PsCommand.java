package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.StatusClient;
import io.neurovisor.server.config.ApiKey;
import io.neurovisor.server.setting.SettingGroup;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Lists the running executions of a daemon. */
@Command(
        name = "ps",
        description = "Lists the running executions of the daemon; status shows the rest.",
        footer = {"", "Exit codes: 0; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
@AcceptsSettings(SettingGroup.STATUS_PORT)
public final class PsCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

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
        try {
            new StatusReport(spec.commandLine().getOut()).printRunning(client.ask());
            return 0;
        } catch (NeuroVisorException exception) {
            if (exception.fault() != Fault.DAEMON_MISSING) {
                throw exception;
            }
            spec.commandLine().getErr().println("neurovisor: " + exception.getMessage());
            return ExitCode.NO_DAEMON;
        }
    }
}
