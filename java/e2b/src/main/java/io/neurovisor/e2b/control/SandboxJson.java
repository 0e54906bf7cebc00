package io.neurovisor.e2b.control;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Timestamp;
import io.neurovisor.e2b.route.EnvdTokens;
import io.neurovisor.proto.sandbox.MetricsPoint;
import io.neurovisor.proto.sandbox.OnTimeout;
import io.neurovisor.proto.sandbox.Sandbox;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.proto.sandbox.Snapshot;
import java.time.Instant;
import java.util.Optional;

/**
 * Sandboxes as E2B's clients read them.
 *
 * @param domain below which each port of a sandbox has a name; empty if there is none
 */
public record SandboxJson(EnvdTokens tokens, Optional<String> domain) {
    /** The highest version of envd whose every feature is served. */
    public static final String ENVD_VERSION = "0.6.4";

    /** Clients show it and use it for nothing. */
    private static final String CLIENT = "neurovisor";

    private static final long BYTES_PER_MEBIBYTE = 1 << 20;

    /** Returns the answer to what creates, resumes or connects to a sandbox. */
    ObjectNode created(Sandbox sandbox) {
        ObjectNode object = JsonNodeFactory.instance
                .objectNode()
                .put("sandboxID", sandbox.getId())
                .put("templateID", sandbox.getTemplate())
                .put("clientID", CLIENT)
                .put("envdVersion", ENVD_VERSION)
                .put("envdAccessToken", tokens.of(sandbox.getId()))
                .put("trafficAccessToken", tokens.ofTraffic(sandbox.getId()));
        domain.ifPresentOrElse(name -> object.put("domain", name), () -> object.putNull("domain"));
        if (!sandbox.getName().isEmpty()) {
            object.put("alias", sandbox.getName());
        }
        return object;
    }

    /** Returns an entry of a list. */
    ObjectNode listed(Sandbox sandbox) {
        ObjectNode object = JsonNodeFactory.instance
                .objectNode()
                .put("sandboxID", sandbox.getId())
                .put("templateID", sandbox.getTemplate())
                .put("clientID", CLIENT)
                .put("envdVersion", ENVD_VERSION)
                .put("startedAt", time(sandbox.getCreated()))
                .put("endAt", time(sandbox.getEnds()))
                .put("cpuCount", sandbox.getVcpuCount())
                .put("memoryMB", sandbox.getMemoryBytes() / BYTES_PER_MEBIBYTE)
                .put("diskSizeMB", sandbox.getDiskBytes() / BYTES_PER_MEBIBYTE)
                .put("state", sandbox.getState() == SandboxState.SANDBOX_STATE_PAUSED ? "paused" : "running");
        if (!sandbox.getName().isEmpty()) {
            object.put("alias", sandbox.getName());
        }
        ObjectNode metadata = object.putObject("metadata");
        sandbox.getMetadataMap().forEach(metadata::put);
        return object;
    }

    ObjectNode detailed(Sandbox sandbox) {
        ObjectNode object = listed(sandbox)
                .put("envdAccessToken", tokens.of(sandbox.getId()))
                .put("allowInternetAccess", false);
        domain.ifPresentOrElse(name -> object.put("domain", name), () -> object.putNull("domain"));
        object.putObject("lifecycle")
                .put("autoResume", sandbox.getAutoResume())
                .put("onTimeout", sandbox.getOnTimeout() == OnTimeout.ON_TIMEOUT_PAUSE ? "pause" : "kill");
        return object;
    }

    static ObjectNode snapshot(Snapshot snapshot) {
        ObjectNode object = JsonNodeFactory.instance.objectNode().put("snapshotID", snapshot.getId());
        if (snapshot.getName().isEmpty()) {
            object.putArray("names");
        } else {
            object.putArray("names").add(snapshot.getName());
        }
        return object;
    }

    static ObjectNode metrics(MetricsPoint point) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("timestamp", time(point.getTime()))
                .put("timestampUnix", point.getTime().getSeconds())
                .put("cpuCount", point.getVcpuCount())
                .put("cpuUsedPct", point.getCpuUsedPercent())
                .put("memUsed", point.getMemoryUsedBytes())
                .put("memTotal", point.getMemoryTotalBytes())
                .put("memCache", point.getMemoryCacheBytes())
                .put("diskUsed", point.getDiskUsedBytes())
                .put("diskTotal", point.getDiskTotalBytes());
    }

    private static String time(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).toString();
    }
}
