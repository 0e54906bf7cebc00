package io.neurovisor.cli.sandbox.snapshot;

import io.neurovisor.cli.console.ConsoleProgress;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.server.client.sandbox.SnapshotView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a template of a snapshot. */
@Command(
        name = "create-template",
        description = {
            "Makes a template of a snapshot and prints its id. It has a copy of all of the snapshot's memory, which sandboxes of"
                    + " create --template NAME share. The snapshot is no longer needed for it."
        },
        footer = {
            "",
            "Exit codes: 0 the template is complete; 2 there is no such snapshot, or wrong usage; 3 no daemon answers; 125 it was"
                    + " not made."
        },
        mixinStandardHelpOptions = true)
final class CreateTemplateCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(index = "0", paramLabel = "SNAPSHOT", description = "The id or name of the snapshot.")
    private String snapshot = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "The name of the template, at most 63 characters.")
    private String name = "";

    @Option(names = "--json", description = "Print the template as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            SnapshotView created;
            try (ConsoleProgress progress = daemon.progress()) {
                progress.step("Making template " + name);
                created = client.createTemplate(
                        snapshot, name, (bytes, all) -> progress.detail(Table.size(bytes) + " of " + Table.size(all)));
            }
            daemon.print(json ? SnapshotsCommand.json(created).toPrettyString() : created.id());
            daemon.remark("template " + created.id() + " takes " + Table.size(created.diskBytes())
                    + " of the disk until it is deleted");
            return 0;
        });
    }
}
