package io.neurovisor.server.daemon;

import io.neurovisor.server.config.MetricsConfig;
import io.neurovisor.server.http.HttpLimits;
import io.neurovisor.server.overview.Overview;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetAddress;
import java.util.Optional;
import java.util.function.Supplier;

/** Status ports on loopback without keys. */
final class StatusPorts {
    private StatusPorts() {}

    static StatusPort open(
            Readiness readiness, PrometheusRegistry registry, Supplier<Overview> overviews, HttpLimits limits) {
        return open(0, readiness, registry, overviews, limits);
    }

    static StatusPort open(
            int port,
            Readiness readiness,
            PrometheusRegistry registry,
            Supplier<Overview> overviews,
            HttpLimits limits) {
        MetricsConfig config =
                new MetricsConfig(InetAddress.getLoopbackAddress(), port, Optional.empty(), Optional.empty(), false);
        return new StatusPort(config, Optional.empty(), _ -> Optional.empty(), readiness, registry, overviews, limits);
    }
}
