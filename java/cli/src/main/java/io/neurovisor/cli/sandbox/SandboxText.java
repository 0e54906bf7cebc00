package io.neurovisor.cli.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.cli.console.Table;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.server.client.sandbox.SandboxView;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Shows sandboxes as tables and as JSON. Names and metadata, which a client chose, cannot control the terminal. */
final class SandboxText {
    private SandboxText() {}

    static Table table(List<SandboxView> sandboxes) {
        Table table = new Table("ID", "STATE", "IMAGE", "SIZE", "CREATED", "ENDS", "NAME", "METADATA");
        sandboxes.forEach(sandbox -> table.row(
                sandbox.id(),
                sandbox.hasEnded() ? "ended: " + sandbox.endReason() : sandbox.state(),
                sandbox.template(),
                sandbox.size(),
                Table.time(sandbox.created()),
                Table.time(sandbox.ends()),
                UntrustedText.line(sandbox.name()),
                pairs(sandbox.metadata())));
        return table;
    }

    /** Returns one row for each fact about a sandbox, and one for each layer of its machine. */
    static Table facts(SandboxView sandbox) {
        Table table = new Table("ID", sandbox.id());
        if (!sandbox.name().isEmpty()) {
            table.row("NAME", UntrustedText.line(sandbox.name()));
        }
        table.row("STATE", sandbox.hasEnded() ? "ended: " + UntrustedText.line(sandbox.end()) : sandbox.state());
        table.row("IMAGE", sandbox.template());
        table.row(
                "SIZE",
                "%s: %d vCPUs, %s, of which files may use %s"
                        .formatted(
                                sandbox.size(),
                                sandbox.vcpuCount(),
                                Table.size(sandbox.memoryBytes()),
                                Table.size(sandbox.diskBytes())));
        table.row("CREATED", Table.time(sandbox.created()));
        if (!sandbox.forkedFrom().isEmpty()) {
            table.row("COPY OF", sandbox.forkedFrom());
        }
        table.row(sandbox.hasEnded() ? "ENDED" : "ENDS", ends(sandbox));
        sandbox.older().ifPresent(time -> table.row("SAVED", Table.time(time) + "; resume --accept-older goes back"));
        if (!sandbox.metadata().isEmpty()) {
            table.row("METADATA", pairs(sandbox.metadata()));
        }
        table.row("MACHINE", sandbox.vmId());
        for (LayerState layer : sandbox.layers()) {
            table.row(
                    "LAYER " + layer.layer().number(),
                    layer.layer().label() + ": " + layer.status().label() + ", " + UntrustedText.line(layer.detail()));
        }
        return table;
    }

    private static String ends(SandboxView sandbox) {
        String time = Table.time(sandbox.ends());
        if (sandbox.hasEnded() || !sandbox.pausesOnTimeout()) {
            return time;
        }
        return sandbox.isPaused() ? "when it is killed" : time + ", by a pause";
    }

    static ArrayNode json(List<SandboxView> sandboxes) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        sandboxes.forEach(sandbox -> array.add(json(sandbox)));
        return array;
    }

    static ObjectNode json(SandboxView sandbox) {
        ObjectNode object = JsonNodeFactory.instance.objectNode();
        object.put("id", sandbox.id());
        object.put("name", sandbox.name());
        object.put("state", sandbox.state());
        object.put("image", sandbox.template());
        object.put("size", sandbox.size());
        object.put("created", sandbox.created().toString());
        object.put(sandbox.hasEnded() ? "ended" : "ends", sandbox.ends().toString());
        ObjectNode metadata = object.putObject("metadata");
        new TreeMap<>(sandbox.metadata()).forEach(metadata::put);
        object.put("vcpu_count", sandbox.vcpuCount());
        object.put("memory_bytes", sandbox.memoryBytes());
        object.put("disk_bytes", sandbox.diskBytes());
        object.put("vm_id", sandbox.vmId());
        object.put("generation", sandbox.generation());
        object.put("forked_from", sandbox.forkedFrom());
        object.put("on_timeout", sandbox.pausesOnTimeout() ? "pause" : "kill");
        object.put("auto_resume", sandbox.autoResume());
        object.put("idle_pause_secs", sandbox.idlePause().toSeconds());
        if (sandbox.hasEnded()) {
            object.put("end_reason", sandbox.endReason());
            object.put("end_detail", sandbox.endDetail());
            sandbox.older().ifPresent(time -> object.put("older_checkpoint", time.toString()));
        }
        if (!sandbox.layers().isEmpty()) {
            ArrayNode layers = object.putArray("layers");
            sandbox.layers()
                    .forEach(layer -> layers.addObject()
                            .put("layer", layer.layer().number())
                            .put("name", layer.layer().label())
                            .put("status", layer.status().label())
                            .put("detail", layer.detail()));
        }
        return object;
    }

    private static String pairs(Map<String, String> metadata) {
        return new TreeMap<>(metadata)
                .entrySet().stream()
                        .map(pair -> UntrustedText.line(pair.getKey() + "=" + pair.getValue()))
                        .collect(Collectors.joining(" "));
    }
}
