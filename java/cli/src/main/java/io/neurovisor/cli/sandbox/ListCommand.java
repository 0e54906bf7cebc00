package io.neurovisor.cli.sandbox;

import io.neurovisor.server.client.sandbox.SandboxView;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists sandboxes. */
@Command(
        name = "list",
        description = "Lists the sandboxes, the newest first.",
        footer = {"", "Exit codes: 0; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Option(names = "--all", description = "Also list the sandboxes that have ended.")
    private boolean all;

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            description = "List only sandboxes with this label. Repeatable; all must match.")
    private List<String> metadata = List.of();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            List<SandboxView> found = client.list(all, SandboxArguments.metadata(metadata));
            if (json) {
                daemon.print(SandboxText.json(found).toPrettyString());
            } else {
                daemon.print(SandboxText.table(found));
            }
            return 0;
        });
    }
}
