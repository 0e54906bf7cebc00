package io.neurovisor.cli.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.console.ExitCode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.server.client.sandbox.SnapshotView;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Keeps sandboxes as snapshots, from which others are created. */
@Command(
        name = "snapshot",
        description = {
            "Saves sandboxes as snapshots. sandbox create --template SNAPSHOT creates sandboxes in which the processes of a"
                    + " snapshot continue.",
            "SNAPSHOT is the id of a snapshot, or its name: of several with one name, the newest."
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class SnapshotCommand {
    @Command(
            name = "create",
            description = "Saves a sandbox, which runs on or stays paused, and prints the id of its snapshot.",
            footer = {
                "",
                "Exit codes: 0 the snapshot is complete; 2 there is no such sandbox, or wrong usage; 3 no daemon answers; 125 it"
                        + " was not saved."
            },
            mixinStandardHelpOptions = true)
    int create(
            @Mixin SandboxAccess daemon,
            @Parameters(paramLabel = "ID", description = "The sandbox.") String id,
            @Option(
                            names = "--name",
                            paramLabel = "NAME",
                            defaultValue = "",
                            description = "A name for the snapshot, which commands accept as SNAPSHOT.")
                    String name,
            @Option(names = "--json", description = "Print the snapshot as one JSON object.") boolean json) {
        return daemon.call(client -> {
            SnapshotView created = client.createSnapshot(daemon.id(client, id), name);
            daemon.print(json ? json(created).toPrettyString() : created.id());
            daemon.remark("snapshot " + created.id() + " takes " + Table.size(created.diskBytes())
                    + " of the disk until it is deleted");
            return 0;
        });
    }

    @Command(
            name = "list",
            description = "Lists the snapshots, the newest first.",
            footer = {"", "Exit codes: 0; 3 no daemon answers."},
            mixinStandardHelpOptions = true)
    int list(@Mixin SandboxAccess daemon, @Option(names = "--json", description = "Print JSON.") boolean json) {
        return daemon.call(client -> {
            List<SnapshotView> found = client.snapshots();
            if (json) {
                ArrayNode array = JsonNodeFactory.instance.arrayNode();
                found.forEach(snapshot -> array.add(json(snapshot)));
                daemon.print(array.toPrettyString());
            } else {
                daemon.print(table(found));
            }
            return 0;
        });
    }

    @Command(
            name = "delete",
            description = "Deletes snapshots. Sandboxes that were created from them are not affected.",
            footer = {"", "Exit codes: 0 all of them are deleted; 1 there was no such snapshot; 3 no daemon answers."},
            mixinStandardHelpOptions = true)
    int delete(
            @Mixin SandboxAccess daemon,
            @Parameters(paramLabel = "SNAPSHOT", arity = "1..*", description = "The snapshots.")
                    List<String> snapshots) {
        return daemon.call(client -> {
            int exitCode = 0;
            for (String snapshot : snapshots) {
                if (!client.deleteSnapshot(snapshot)) {
                    daemon.problem("no snapshot has the id or name \"" + snapshot
                            + "\"; neurovisor sandbox snapshot list shows the snapshots");
                    exitCode = ExitCode.NOT_READY;
                }
            }
            return exitCode;
        });
    }

    private static Table table(List<SnapshotView> snapshots) {
        Table table = new Table("ID", "SANDBOX", "IMAGE", "SIZE", "CREATED", "DISK", "NAME");
        snapshots.forEach(snapshot -> table.row(
                snapshot.id(),
                snapshot.sandboxId(),
                snapshot.template(),
                snapshot.size(),
                Table.time(snapshot.created()),
                Table.size(snapshot.diskBytes()),
                UntrustedText.line(snapshot.name())));
        return table;
    }

    private static ObjectNode json(SnapshotView snapshot) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("id", snapshot.id());
        object.put("name", snapshot.name());
        object.put("sandbox_id", snapshot.sandboxId());
        object.put("image", snapshot.template());
        object.put("size", snapshot.size());
        object.put("created", snapshot.created().toString());
        object.put("disk_bytes", snapshot.diskBytes());
        return object;
    }
}
