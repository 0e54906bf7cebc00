package io.neurovisor.cli.sandbox.snapshot;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.cli.sandbox.SandboxAccess;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.server.client.sandbox.SnapshotView;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists snapshots. */
@Command(
        name = "snapshots",
        description = "Lists the snapshots of sandboxes, the newest first.",
        footer = {"", "Exit codes: 0; 3 no daemon answers."},
        mixinStandardHelpOptions = true)
final class SnapshotsCommand implements Callable<Integer> {
    @Mixin
    private final SandboxAccess daemon = new SandboxAccess();

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Override
    public Integer call() {
        return daemon.call(client -> {
            print(client.snapshots(), json, daemon);
            return 0;
        });
    }

    static void print(List<SnapshotView> found, boolean json, SandboxAccess daemon) {
        if (json) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            found.forEach(snapshot -> array.add(json(snapshot)));
            daemon.print(array.toPrettyString());
        } else {
            daemon.print(table(found));
        }
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

    static ObjectNode json(SnapshotView snapshot) {
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
