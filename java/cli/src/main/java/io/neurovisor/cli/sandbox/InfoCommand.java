package io.neurovisor.cli.sandbox;

import io.neurovisor.server.client.sandbox.SandboxView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows one sandbox. */
@Command(
        name = "info",
        description = "Shows a sandbox with the layers that isolate it. For a day after its end it shows why it ended.",
        footer = {"", "Exit codes: 0; 2 there is no such sandbox; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class InfoCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            SandboxView sandbox = client.get(daemon.id(client, id, true));
            if (json) {
                daemon.print(SandboxText.json(sandbox).toPrettyString());
            } else {
                daemon.print(SandboxText.facts(sandbox));
            }
            return 0;
        });
    }
}
