package io.neurovisor.server.metrics;

import io.neurovisor.engine.trace.TraceId;
import io.prometheus.metrics.model.snapshots.Labels;

/** Ties a measurement to the request that it was made of. */
final class Exemplars {
    private Exemplars() {}

    /** Under the name that Prometheus and Grafana look for, in OpenTelemetry's form of 32 hexadecimal digits. */
    static Labels of(TraceId id) {
        return Labels.of("trace_id", id.hex());
    }
}
