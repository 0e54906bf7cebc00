package io.neurovisor.server.metrics;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.server.ProductVersion;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.instrumentation.jvm.JvmBufferPoolMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmClassLoadingMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmCompilationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryPoolAllocationMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmRuntimeInfoMetric;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Optional;
import java.util.function.Supplier;

/** All metrics of a process. */
public record Metrics(
        PrometheusRegistry registry,
        MachineMetrics machines,
        ExecutionMetrics executions,
        ErrorMetrics errors,
        ModelMetrics models,
        AgentMetrics agents,
        SandboxMetrics sandboxes) {
    public Metrics() {
        this(new PrometheusRegistry());
    }

    Metrics(PrometheusRegistry registry) {
        this(
                registry,
                new MachineMetrics(registry),
                new ExecutionMetrics(registry),
                new ErrorMetrics(registry),
                new ModelMetrics(registry, Ticker.SYSTEM),
                new AgentMetrics(registry),
                new SandboxMetrics(registry, Ticker.SYSTEM));
    }

    /** Registers the families of a pool; {@code watched} is empty if no eBPF programs are loaded. */
    public void watch(Supplier<PoolStatus> pool, VmmIdentity vmm, Optional<Supplier<EbpfCounts>> watched) {
        PoolMetrics.register(registry, pool);
        Info build = Info.builder()
                .name("neurovisor_build_info")
                .help("The version of NeuroVisor and the platform that it runs on.")
                .labelNames("version", "java", "vmm")
                .register(registry);
        build.setLabelValues(ProductVersion.current(), Runtime.version().toString(), vmm.toString());
        Gauge ebpf = Gauge.builder()
                .name("neurovisor_ebpf_enabled")
                .help("1 if eBPF programs watch the virtual machines.")
                .register(registry);
        ebpf.set(watched.isPresent() ? 1 : 0);
        watched.ifPresent(counts -> registry.register(new EbpfMetrics(counts)));
        watchJvm();
    }

    /**
     * Registers all families of the library's {@code JvmMetrics} but that of native memory, which is empty without a flag of the
     * JVM and starts a JMX server: a tenth of the start of a daemon.
     */
    private void watchJvm() {
        JvmThreadsMetrics.builder().register(registry);
        JvmBufferPoolMetrics.builder().register(registry);
        JvmClassLoadingMetrics.builder().register(registry);
        JvmCompilationMetrics.builder().register(registry);
        JvmGarbageCollectorMetrics.builder().register(registry);
        JvmMemoryPoolAllocationMetrics.builder().register(registry);
        JvmMemoryMetrics.builder().register(registry);
        JvmRuntimeInfoMetric.builder().register(registry);
        ProcessMetrics.builder().register(registry);
    }

    /** Returns the families of the HTTP port. */
    public HttpMetrics http() {
        return new HttpMetrics(registry);
    }

    /** Returns the families of calls; {@code trace} supplies the trace of the running call. */
    public CallMetrics calls(Supplier<TraceId> trace) {
        return new CallMetrics(registry, errors, trace, Ticker.SYSTEM);
    }
}
