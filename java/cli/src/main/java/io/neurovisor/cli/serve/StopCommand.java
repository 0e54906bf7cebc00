package io.neurovisor.cli.serve;

import io.neurovisor.cli.console.NoDaemon;
import io.neurovisor.cli.options.AcceptsSettings;
import io.neurovisor.cli.options.CommonOptions;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.client.ServingProcess;
import io.neurovisor.server.setting.SettingGroup;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Stops the daemon of this user. */
@Command(
        name = "stop",
        description = {
            "Stops this user's daemon, and waits for it.",
            "Running executions may finish within the daemon's --drain-timeout; new ones are rejected."
        },
        footer = {"", "Exit codes: 0 the daemon has ended; 3 there is no daemon."},
        mixinStandardHelpOptions = true)
@AcceptsSettings(SettingGroup.SOCKET)
public final class StopCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        ServingProcess daemon;
        try {
            daemon = ServingProcess.at(common.config().daemon().socket());
        } catch (NeuroVisorException exception) {
            return NoDaemon.reported(exception, spec);
        }
        daemon.requestEnd();
        common.tell(
                spec.commandLine().getErr(),
                "the daemon, process " + daemon.handle().pid() + ", finishes its running executions");
        daemon.awaitEnd();
        common.tell(spec.commandLine().getErr(), "the daemon has ended");
        return 0;
    }
}
