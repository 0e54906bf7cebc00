package io.neurovisor.server.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;

/** Registers metric families. Histograms have classic bounds for servers that do not know native histograms. */
final class MetricFamilies {
    private static final double[] SECONDS = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
    };
    private static final double[] BYTES = {100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 80 << 20};

    /** Covers the default limit of ten. */
    private static final double[] ITERATIONS = {1, 2, 3, 5, 7, 10, 20, 50};

    private MetricFamilies() {}

    static Counter counter(PrometheusRegistry registry, String name, String help, String... labels) {
        return Counter.builder().name(name).help(help).labelNames(labels).register(registry);
    }

    static Histogram seconds(PrometheusRegistry registry, String name, String help, String... labels) {
        return histogram(name, help, SECONDS, labels).unit(Unit.SECONDS).register(registry);
    }

    static Histogram bytes(PrometheusRegistry registry, String name, String help) {
        return histogram(name, help, BYTES).unit(Unit.BYTES).register(registry);
    }

    static Histogram iterations(PrometheusRegistry registry, String name, String help) {
        return histogram(name, help, ITERATIONS).register(registry);
    }

    private static Histogram.Builder histogram(String name, String help, double[] bounds, String... labels) {
        return Histogram.builder()
                .name(name)
                .help(help)
                .classicUpperBounds(bounds)
                .labelNames(labels);
    }
}
