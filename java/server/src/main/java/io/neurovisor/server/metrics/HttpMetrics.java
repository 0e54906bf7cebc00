package io.neurovisor.server.metrics;

import io.neurovisor.engine.trace.TraceId;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;

/** Metrics of the requests of the HTTP port. */
public final class HttpMetrics {
    private final Histogram duration;

    HttpMetrics(PrometheusRegistry registry) {
        duration = MetricFamilies.seconds(
                registry,
                "neurovisor_http_request_duration_seconds",
                "Duration of requests of HTTP APIs from the headers to the last byte of the response.",
                "api",
                "code");
    }

    /**
     * Records a request that has been served.
     *
     * @param code the status of the response
     */
    public void served(String api, int code, Duration taken, TraceId trace) {
        duration.labelValues(api, Integer.toString(code))
                .observeWithExemplar(MachineMetrics.seconds(taken), Exemplars.of(trace));
    }
}
