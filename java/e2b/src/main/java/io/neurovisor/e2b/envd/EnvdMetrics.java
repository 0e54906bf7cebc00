package io.neurovisor.e2b.envd;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.e2b.DaemonCalls;
import io.neurovisor.e2b.HttpFailure;
import io.neurovisor.e2b.Json;
import io.neurovisor.proto.sandbox.MetricsPoint;
import io.neurovisor.proto.sandbox.MetricsRequest;
import io.neurovisor.server.http.api.HttpExchange;
import java.io.IOException;
import java.util.List;

/** What a sandbox uses, as envd reports it. */
public final class EnvdMetrics {
    private static final long BYTES_PER_MEBIBYTE = 1 << 20;

    private EnvdMetrics() {}

    /** Answers with the last measurement, or with 503 if there is none yet. */
    public static void answer(HttpExchange exchange, DaemonCalls daemon, String sandboxId) throws IOException {
        ObjectNode metrics = last(daemon, sandboxId);
        exchange.setStatus(200);
        Json.write(exchange, metrics);
    }

    private static ObjectNode last(DaemonCalls daemon, String sandboxId) {
        List<MetricsPoint> points = daemon.sandboxes()
                .metrics(MetricsRequest.newBuilder().setSandboxId(sandboxId).build())
                .getPointsList();
        if (points.isEmpty()) {
            throw HttpFailure.of(503, "the sandbox was not measured yet; try again");
        }
        MetricsPoint last = points.getLast();
        return JsonNodeFactory.instance
                .objectNode()
                .put("ts", last.getTime().getSeconds())
                .put("cpu_count", last.getVcpuCount())
                .put("cpu_used_pct", last.getCpuUsedPercent())
                .put("mem_total", last.getMemoryTotalBytes())
                .put("mem_used", last.getMemoryUsedBytes())
                .put("mem_cache", last.getMemoryCacheBytes())
                .put("mem_total_mib", last.getMemoryTotalBytes() / BYTES_PER_MEBIBYTE)
                .put("mem_used_mib", last.getMemoryUsedBytes() / BYTES_PER_MEBIBYTE)
                .put("disk_used", last.getDiskUsedBytes())
                .put("disk_total", last.getDiskTotalBytes());
    }
}
