package io.neurovisor.server.metrics;

import io.neurovisor.engine.pool.PoolStatus;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/** Metrics of the pool, read at each scrape. */
public final class PoolMetrics {
    private PoolMetrics() {}

    public static void register(PrometheusRegistry registry, Supplier<PoolStatus> pool) {
        gauge(
                registry,
                pool,
                "neurovisor_pool_warm_vms",
                "Virtual machines that are ready for a request.",
                PoolStatus::warm);
        gauge(registry, pool, "neurovisor_pool_active_vms", "Virtual machines leased to requests.", PoolStatus::active);
        gauge(
                registry,
                pool,
                "neurovisor_pool_waiting",
                "Requests that wait for a virtual machine.",
                PoolStatus::waiting);
    }

    private static void gauge(
            PrometheusRegistry registry,
            Supplier<PoolStatus> pool,
            String name,
            String help,
            ToIntFunction<PoolStatus> value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.applyAsInt(pool.get())))
                .register(registry);
    }
}
