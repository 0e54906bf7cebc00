package io.neurovisor.server.metrics;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.server.ProductVersion;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Optional;
import java.util.function.Supplier;

/** All metrics of a process. */
public final class Metrics {
    private final PrometheusRegistry registry;
    private final MachineMetrics machines;
    private final ExecutionMetrics executions;
    private final ErrorMetrics errors;
    private final ModelMetrics models;
    private final AgentMetrics agents;

    public Metrics() {
        this(new PrometheusRegistry());
    }

    Metrics(PrometheusRegistry registry) {
        this.registry = requireNonNull(registry, "registry is null");
        machines = new MachineMetrics(registry);
        executions = new ExecutionMetrics(registry);
        errors = new ErrorMetrics(registry);
        models = new ModelMetrics(registry, Ticker.SYSTEM);
        agents = new AgentMetrics(registry);
    }

    /**
     * Adds the metrics of a service.
     *
     * @param watched the counters of eBPF programs; empty if none are loaded
     */
    public void watch(Supplier<PoolStatus> pool, VmmIdentity vmm, Optional<Supplier<EbpfCounts>> watched) {
        PoolMetrics.register(registry, pool);
        Info build = Info.builder()
                .name("neurovisor_build_info")
                .help("Which NeuroVisor this is, and what it runs on.")
                .labelNames("version", "java", "vmm")
                .register(registry);
        build.setLabelValues(ProductVersion.current(), Runtime.version().toString(), vmm.toString());
        Gauge ebpf = Gauge.builder()
                .name("neurovisor_ebpf_enabled")
                .help("Whether eBPF programs watch the virtual machines.")
                .register(registry);
        ebpf.set(watched.isPresent() ? 1 : 0);
        watched.ifPresent(counts -> registry.register(new EbpfMetrics(counts)));
        JvmMetrics.builder().register(registry);
    }

    /**
     * Adds the metrics of a service's calls.
     *
     * @param trace of the running call
     */
    public CallMetrics calls(Supplier<TraceId> trace) {
        return new CallMetrics(registry, errors, trace, Ticker.SYSTEM);
    }

    public MachineMetrics machines() {
        return machines;
    }

    public ExecutionMetrics executions() {
        return executions;
    }

    public ErrorMetrics errors() {
        return errors;
    }

    public ModelMetrics models() {
        return models;
    }

    public AgentMetrics agents() {
        return agents;
    }

    public PrometheusRegistry registry() {
        return registry;
    }
}
