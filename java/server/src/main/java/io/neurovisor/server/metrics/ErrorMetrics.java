package io.neurovisor.server.metrics;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.trace.TraceId;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Locale;

/** Metrics of failures by reason: the name of a fault, or the end of a call. */
public final class ErrorMetrics {
    private final Counter errors;

    ErrorMetrics(PrometheusRegistry registry) {
        errors = MetricFamilies.counter(
                registry, "neurovisor_errors_total", "Failed calls and commands by reported reason.", "error_type");
        for (Fault fault : Fault.values()) {
            errors.initLabelValues(fault.name().toLowerCase(Locale.ROOT));
        }
    }

    /** Counts an error; {@code reason} is one of a closed list, in any case. */
    public void failed(String reason, TraceId trace) {
        errors.labelValues(reason.toLowerCase(Locale.ROOT)).incWithExemplar(Exemplars.of(trace));
    }
}
