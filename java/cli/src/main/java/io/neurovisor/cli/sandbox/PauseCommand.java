package io.neurovisor.cli.sandbox;

import io.neurovisor.server.client.sandbox.SandboxView;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Pauses sandboxes. */
@Command(
        name = "pause",
        description =
                "Saves sandboxes to disk and ends their machines. Their processes continue when they are resumed.",
        footer = {
            "",
            "Exit codes: 0 all of them are paused; 2 there is no such sandbox; 3 no daemon answers; 125 one could not be"
                    + " saved, and runs on."
        },
        mixinStandardHelpOptions = true)
final class PauseCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", arity = "1..*", description = "The sandboxes.")
    private List<String> ids = List.of();

    @Override
    public Integer call() {
        return daemon.call(client -> {
            for (String id : daemon.ids(client, ids)) {
                SandboxView _ = SandboxAccess.patiently(() -> client.pause(id));
                daemon.remark("sandbox " + id + " is paused; continue it with: neurovisor sandbox resume " + id);
            }
            return 0;
        });
    }
}
