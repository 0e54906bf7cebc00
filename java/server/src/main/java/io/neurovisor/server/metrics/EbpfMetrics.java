package io.neurovisor.server.metrics;

import io.neurovisor.host.nativecalls.Libseccomp;
import io.neurovisor.host.spawner.EbpfCounts;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Metrics of the eBPF programs, read once per scrape. */
final class EbpfMetrics implements MultiCollector {
    private final Supplier<EbpfCounts> counts;
    private final Libseccomp names = Libseccomp.locate();
    private final Map<Integer, String> calls = new ConcurrentHashMap<>();

    EbpfMetrics(Supplier<EbpfCounts> counts) {
        this.counts = counts;
    }

    @Override
    public MetricSnapshots collect() {
        EbpfCounts read = counts.get();
        CounterSnapshot.Builder blocked = CounterSnapshot.builder()
                .name("neurovisor_ebpf_lsm_blocked")
                .help("Operations of VMMs that the kernel refused (or only counted, in audit mode), by LSM hook.");
        read.blocked().forEach((hook, count) -> blocked.dataPoint(counter(count, Labels.of("hook", hook))));
        CounterSnapshot.Builder called = CounterSnapshot.builder()
                .name("neurovisor_ebpf_syscall")
                .help("System calls of VMMs and of the programs that launch them.");
        read.calls().forEach((number, count) -> called.dataPoint(counter(count, Labels.of("syscall", name(number)))));
        return MetricSnapshots.of(
                blocked.build(),
                called.build(),
                CounterSnapshot.builder()
                        .name("neurovisor_ebpf_process_exec")
                        .help("Programs executed while VMMs were launched.")
                        .dataPoint(counter(read.executed(), Labels.EMPTY))
                        .build(),
                GaugeSnapshot.builder()
                        .name("neurovisor_ebpf_tracked_pids")
                        .help("Processes and threads of virtual machines watched by eBPF programs.")
                        .dataPoint(GaugeDataPointSnapshot.builder()
                                .value((double) read.trackedPids())
                                .build())
                        .build());
    }

    private static CounterDataPointSnapshot counter(long value, Labels labels) {
        return CounterDataPointSnapshot.builder()
                .value((double) value)
                .labels(labels)
                .build();
    }

    private String name(int number) {
        return calls.computeIfAbsent(number, names::name);
    }
}
