package io.neurovisor.cli.sandbox.snapshot;

import io.neurovisor.cli.sandbox.SandboxAccess;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists templates. */
@Command(
        name = "templates",
        description = "Lists the templates that were made of snapshots, the newest first.",
        footer = {"", "Exit codes: 0; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class TemplatesCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            SnapshotsCommand.print(client.templates(), json, daemon);
            return 0;
        });
    }
}
