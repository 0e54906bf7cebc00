package io.neurovisor.server.metrics;

import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxPhase;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.time.Ticker;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Metrics of sandboxes: how many there are, how long operations on them take, and why they end. */
public final class SandboxMetrics implements SandboxListener {
    private final Ticker ticker;
    private final Histogram operations;
    private final Counter ended;
    private volatile Supplier<List<Sandbox>> living = List::of;
    private volatile LongSupplier processes = () -> 0;
    private volatile LongSupplier checkpointBytes = () -> 0;

    /** An operation whose duration is measured. */
    public enum Operation {
        CREATE,
        CONNECT,
        PAUSE,
        RESUME,
        FORK,
        SNAPSHOT,
        SET_TIMEOUT,
        KILL;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public SandboxMetrics(PrometheusRegistry registry, Ticker ticker) {
        this.ticker = ticker;
        operations = MetricFamilies.seconds(
                registry,
                "neurovisor_sandbox_operation_seconds",
                "Duration of operations on sandboxes, also of those that fail.",
                "operation");
        Arrays.stream(Operation.values()).map(Operation::label).forEach(operations::initLabelValues);
        ended = MetricFamilies.counter(
                registry, "neurovisor_sandbox_ended_total", "Sandboxes that have ended, by reason.", "reason");
        Arrays.stream(SandboxEnd.values()).map(SandboxMetrics::label).forEach(ended::initLabelValues);
        GaugeWithCallback.builder()
                .name("neurovisor_sandboxes")
                .help("Sandboxes that have not ended, by state.")
                .labelNames("state")
                .callback(callback -> {
                    List<Sandbox> all = living.get();
                    Arrays.stream(SandboxPhase.values())
                            .filter(phase -> phase != SandboxPhase.ENDED)
                            .forEach(phase -> callback.call((double) count(all, phase), label(phase)));
                })
                .register(registry);
        GaugeWithCallback.builder()
                .name("neurovisor_sandbox_processes")
                .help("Processes in all sandboxes, as their guests have reported them within the last seconds.")
                .callback(callback -> callback.call((double) processes.getAsLong()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("neurovisor_checkpoint_bytes")
                .help("Size of the files of all paused sandboxes and snapshots.")
                .callback(callback -> callback.call((double) checkpointBytes.getAsLong()))
                .register(registry);
    }

    /**
     * Exposes the sandboxes of a daemon.
     *
     * @param all returns those that have not ended
     * @param bytes returns the size of all checkpoints
     */
    public void watch(Supplier<List<Sandbox>> all, LongSupplier processesInAll, LongSupplier bytes) {
        living = all;
        processes = processesInAll;
        checkpointBytes = bytes;
    }

    public <R> R timed(Operation operation, Supplier<R> work) {
        long startNanos = ticker.nanos();
        try {
            return work.get();
        } finally {
            operations
                    .labelValues(operation.label())
                    .observe(MachineMetrics.seconds(Duration.ofNanos(ticker.nanos() - startNanos)));
        }
    }

    @Override
    public void ended(SandboxRecord record, SandboxEnd end, String detail) {
        ended.labelValues(label(end)).inc();
    }

    private static long count(List<Sandbox> all, SandboxPhase phase) {
        return all.stream().filter(sandbox -> sandbox.phase() == phase).count();
    }

    private static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
