package io.neurovisor.server.metrics;

import io.neurovisor.engine.trace.TraceId;
import io.prometheus.metrics.model.snapshots.Labels;

/** Links a measurement to its request. */
final class Exemplars {
    private Exemplars() {}

    /** Uses the label name that Prometheus and Grafana expect, and OpenTelemetry's form of 32 hexadecimal digits. */
    static Labels of(TraceId id) {
        return Labels.of("trace_id", id.hex());
    }
}
