package io.neurovisor.server.metrics;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.pool.PoolStatus;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.spawner.EbpfCounts;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.trace.TraceIds;
import io.prometheus.metrics.core.metrics.StatefulMetric;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Label;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds the metrics that queries depend on: names, types, labels, and the first and last buckets of histograms. */
final class MetricFamiliesTest {
    private static final String FAMILIES = """
            neurovisor_agent_iterations histogram [] 1.0..50.0
            neurovisor_agent_tasks_total counter [status]
            neurovisor_agent_tool_calls_total counter [tool]
            neurovisor_build_info gauge [java, version, vmm]
            neurovisor_cgroup_cpu_throttled_total counter [vm_id]
            neurovisor_cgroup_memory_usage_bytes gauge [vm_id]
            neurovisor_checkpoint_bytes gauge []
            neurovisor_code_execution_duration_seconds histogram [language] 0.001..60.0
            neurovisor_code_executions_total counter [language, status]
            neurovisor_ebpf_enabled gauge []
            neurovisor_ebpf_lsm_blocked_total counter [hook]
            neurovisor_ebpf_process_exec_total counter []
            neurovisor_ebpf_syscall_total counter [syscall]
            neurovisor_ebpf_tracked_pids gauge []
            neurovisor_errors_total counter [error_type]
            neurovisor_grpc_request_duration_seconds histogram [method] 0.001..60.0
            neurovisor_http_request_duration_seconds histogram [api, code] 0.001..60.0
            neurovisor_inference_duration_seconds histogram [] 0.001..60.0
            neurovisor_layer_live gauge [layer]
            neurovisor_llm_call_duration_seconds histogram [model] 0.001..60.0
            neurovisor_model_load_duration_seconds histogram [model] 0.001..60.0
            neurovisor_pool_active_vms gauge []
            neurovisor_pool_waiting gauge []
            neurovisor_pool_warm_vms gauge []
            neurovisor_rate_limited_total counter [scope]
            neurovisor_request_size_bytes histogram [] 100.0..8.388608E7
            neurovisor_requests_in_flight gauge []
            neurovisor_requests_total counter [model]
            neurovisor_sandbox_ended_total counter [reason]
            neurovisor_sandbox_operation_seconds histogram [operation] 0.001..60.0
            neurovisor_sandbox_processes gauge []
            neurovisor_sandboxes gauge [state]
            neurovisor_tokens_generated_total counter [model]
            neurovisor_vm_acquire_seconds histogram [] 0.001..60.0
            neurovisor_vm_boot_seconds histogram [] 0.001..60.0
            neurovisor_vm_restore_seconds histogram [] 0.001..60.0
            neurovisor_vms_created_total counter []
            neurovisor_vms_destroyed_total counter [reason]
            """;

    /** Labels are known only at registration until the first value is recorded. */
    private static final class Recording extends PrometheusRegistry {
        private final List<Collector> collectors = new ArrayList<>();
        private final List<MultiCollector> several = new ArrayList<>();

        @Override
        public void register(Collector collector) {
            super.register(collector);
            collectors.add(collector);
        }

        @Override
        public void register(MultiCollector collector) {
            super.register(collector);
            several.add(collector);
        }
    }

    @Test
    void everyFamilyHasItsTypeLabelsAndBuckets() {
        Recording registry = new Recording();
        Metrics metrics = new Metrics(registry);
        metrics.watch(
                () -> new PoolStatus(1, 0, 0, 0, 0, 1, true, Optional.empty(), Optional.empty()),
                new VmmIdentity("fake", "1", "none", "none", "none"),
                Optional.of(() -> new EbpfCounts("", 1, 1, Map.of("file_open", 1L), Map.of(0, 1L), 0)));
        CallMetrics _ = metrics.calls(TraceIds::next);
        HttpMetrics _ = metrics.http();

        Set<String> families = new TreeSet<>();
        for (Collector collector : registry.collectors) {
            Set<String> labels = new TreeSet<>(
                    requireNonNull(collector.getMetricFamilyDescriptor()).getLabelNames());
            if (collector instanceof StatefulMetric<?, ?> metric) {
                metric.initLabelValues(labels.stream().map(_ -> "x").toArray(String[]::new));
            }
            families.add(line(collector.collect(), labels));
        }
        registry.several.forEach(collector ->
                collector.collect().forEach(family -> families.add(line(family, moved(family)))));
        assertThat(families.stream().filter(line -> line.startsWith("neurovisor_")))
                .containsExactlyElementsOf(FAMILIES.lines().toList());
    }

    @Test
    void aNewDaemonExposesEveryFamilyWithAClosedListOfLabels() {
        Metrics metrics = new Metrics();
        metrics.watch(
                () -> new PoolStatus(1, 0, 0, 0, 0, 1, true, Optional.empty(), Optional.empty()),
                new VmmIdentity("fake", "1", "none", "none", "none"),
                Optional.of(() -> new EbpfCounts("", 1, 1, Map.of("file_open", 1L), Map.of(0, 1L), 0)));
        metrics.calls(TraceIds::next).serves(List.of(new ExecutionServiceGrpc.ExecutionServiceImplBase() {}));
        List<String> series = Scrape.of(metrics.registry()).stream()
                .filter(line -> !line.startsWith("#"))
                .toList();
        assertThat(FAMILIES.lines().map(line -> line.substring(0, line.indexOf(' '))))
                .filteredOn(family -> series.stream().noneMatch(line -> line.startsWith(family)))
                .containsExactly(
                        "neurovisor_cgroup_cpu_throttled_total",
                        "neurovisor_cgroup_memory_usage_bytes",
                        "neurovisor_http_request_duration_seconds",
                        "neurovisor_layer_live");
        assertThat(series)
                .contains(
                        "neurovisor_code_executions_total{language=\"rust\",status=\"out_of_memory\"} 0.0",
                        "neurovisor_grpc_request_duration_seconds_count{method=\"neurovisor.execution.ExecutionService/Execute\"} 0",
                        "neurovisor_sandboxes{state=\"running\"} 0.0",
                        "neurovisor_sandbox_ended_total{reason=\"timed_out\"} 0.0",
                        "neurovisor_sandbox_operation_seconds_count{operation=\"create\"} 0",
                        "neurovisor_sandbox_processes 0.0",
                        "neurovisor_checkpoint_bytes 0.0",
                        "neurovisor_errors_total{error_type=\"pool_exhausted\"} 0.0",
                        "neurovisor_rate_limited_total{scope=\"api_key\"} 0.0");
    }

    private static Set<String> moved(MetricSnapshot family) {
        Set<String> labels = new TreeSet<>();
        family.getDataPoints()
                .forEach(point -> point.getLabels().stream().map(Label::getName).forEach(labels::add));
        return labels;
    }

    private static String line(MetricSnapshot family, Set<String> labels) {
        String name = family.getMetadata().getName();
        return switch (family) {
            case CounterSnapshot _ -> name + "_total counter " + labels;
            case InfoSnapshot _ -> name + "_info gauge " + labels;
            case GaugeSnapshot _ -> name + " gauge " + labels;
            case HistogramSnapshot histogram -> name + " histogram " + labels + " " + bounds(histogram);
            default -> name + " is a " + family.getClass().getSimpleName();
        };
    }

    /** The last bucket is infinite, as OpenMetrics requires. */
    private static String bounds(HistogramSnapshot histogram) {
        HistogramDataPointSnapshot point = histogram.getDataPoints().getFirst();
        ClassicHistogramBuckets buckets = point.getClassicBuckets();
        assertThat(point.hasNativeHistogramData()).isTrue();
        assertThat(buckets.getUpperBound(buckets.size() - 1)).isInfinite();
        return buckets.getUpperBound(0) + ".." + buckets.getUpperBound(buckets.size() - 2);
    }
}
