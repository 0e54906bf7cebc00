package io.neurovisor.server.metrics;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.MachineEnd;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmUsage;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Unit;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/** Metrics of machines: how they start, why they end, and the layers of the machine that was started last. */
public final class MachineMetrics implements MachineListener {
    private final Counter created;
    private final Counter destroyed;
    private final Histogram boot;
    private final Histogram restore;
    private final Map<VmId, Vm> living = new ConcurrentHashMap<>();
    private volatile Supplier<List<LayerState>> layers = List::of;

    public MachineMetrics(PrometheusRegistry registry) {
        created = MetricFamilies.counter(registry, "neurovisor_vms_created_total", "Started virtual machines.");
        destroyed = MetricFamilies.counter(
                registry,
                "neurovisor_vms_destroyed_total",
                "Virtual machines that have ended and been removed completely.",
                "reason");
        boot = MetricFamilies.seconds(
                registry,
                "neurovisor_vm_boot_seconds",
                "Time from the start of a booting virtual machine until its guest answers.");
        restore = MetricFamilies.seconds(
                registry,
                "neurovisor_vm_restore_seconds",
                "Time from the start of a clone of a template until its guest answers.");
        for (MachineEnd end : MachineEnd.values()) {
            destroyed.initLabelValues(label(end));
        }
        registerLayers(registry);
        registerUsages(registry);
    }

    private void registerLayers(PrometheusRegistry registry) {
        GaugeWithCallback.builder()
                .name("neurovisor_layer_live")
                .help("1 if the layer was verified on the virtual machine that was started last.")
                .labelNames("layer")
                .callback(callback -> layers.get()
                        .forEach(state -> callback.call(
                                state.status() == LayerState.Status.LIVE ? 1 : 0,
                                Integer.toString(state.layer().number()))))
                .register(registry);
    }

    private void registerUsages(PrometheusRegistry registry) {
        GaugeWithCallback.builder()
                .name("neurovisor_cgroup_memory_usage_bytes")
                .help("Memory use of a virtual machine's control group. A series exists as long as its machine.")
                .unit(Unit.BYTES)
                .labelNames("vm_id")
                .callback(callback -> usages((id, usage) -> callback.call((double) usage.memoryBytes(), id)))
                .register(registry);
        CounterWithCallback.builder()
                .name("neurovisor_cgroup_cpu_throttled_total")
                .help("Periods in which a virtual machine was throttled because it had used its share of processor"
                        + " time.")
                .labelNames("vm_id")
                .callback(callback -> usages((id, usage) -> callback.call((double) usage.throttledPeriods(), id)))
                .register(registry);
    }

    /** Returns the layers as read from the machine that was started last; empty before the first. */
    public List<LayerState> layers() {
        return layers.get();
    }

    @Override
    public void begun(Vm vm) {
        created.inc();
        living.put(vm.id(), vm);
    }

    @Override
    public void ready(Machine machine) {
        layers = machine::layers;
        Histogram histogram = machine.start().template().isPresent() ? restore : boot;
        histogram.observe(seconds(machine.startTime()));
    }

    @Override
    public void ended(VmId id, MachineEnd end) {
        living.remove(id);
        destroyed.labelValues(label(end)).inc();
    }

    private void usages(BiConsumer<String, VmUsage> consumer) {
        living.values()
                .forEach(vm ->
                        vm.usage().ifPresent(usage -> consumer.accept(vm.id().value(), usage)));
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static String label(MachineEnd end) {
        return end.name().toLowerCase(Locale.ROOT);
    }
}
