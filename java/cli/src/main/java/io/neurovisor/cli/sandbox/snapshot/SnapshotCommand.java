package io.neurovisor.cli.sandbox.snapshot;

import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.server.client.sandbox.SnapshotView;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Saves a sandbox as a snapshot. */
@Command(
        name = "snapshot",
        description = {
            "Saves a sandbox, which runs on or stays paused, and prints the id of its snapshot. create --template SNAPSHOT creates"
                    + " sandboxes in which its processes continue."
        },
        footer = {
            "",
            "Exit codes: 0 the snapshot is complete; 2 there is no such sandbox, or wrong usage; 3 no daemon answers; 125 it was"
                    + " not saved."
        },
        mixinStandardHelpOptions = true)
final class SnapshotCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Parameters(paramLabel = "ID", description = "The sandbox.")
    private String id = "";

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "A name for the snapshot, which commands accept in place of its id.")
    private String name = "";

    @Option(names = "--json", description = "Print the snapshot as one JSON object.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            SnapshotView created = client.createSnapshot(daemon.id(client, id), name);
            daemon.print(json ? SnapshotsCommand.json(created).toPrettyString() : created.id());
            daemon.remark("snapshot " + created.id() + " takes " + Table.size(created.diskBytes())
                    + " of the disk until it is deleted");
            return 0;
        });
    }
}
