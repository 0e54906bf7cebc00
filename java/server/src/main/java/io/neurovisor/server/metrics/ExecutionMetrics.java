package io.neurovisor.server.metrics;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Labels;
import java.time.Duration;
import java.util.Locale;

/** Metrics of programs: how long they waited and ran, and how they ended. */
public final class ExecutionMetrics implements ExecutionListener {
    private final Histogram acquire;
    private final Histogram duration;
    private final Counter executions;

    public ExecutionMetrics(PrometheusRegistry registry) {
        acquire = MetricFamilies.seconds(
                registry, "neurovisor_vm_acquire_seconds", "Time from a request until a virtual machine answers.");
        duration = MetricFamilies.seconds(
                registry,
                "neurovisor_code_execution_duration_seconds",
                "Duration of programs by the clock of the guest.",
                "language");
        executions = MetricFamilies.counter(
                registry, "neurovisor_code_executions_total", "Finished programs by outcome.", "language", "status");
        for (Language language : Language.values()) {
            duration.initLabelValues(language.label());
            for (Outcome outcome : Outcome.values()) {
                executions.initLabelValues(language.label(), label(outcome));
            }
        }
    }

    @Override
    public void acquired(ExecutionRequest request, Machine machine, Duration acquireTime) {
        acquire.observeWithExemplar(MachineMetrics.seconds(acquireTime), Exemplars.of(request.traceId()));
    }

    @Override
    public void executed(ExecutionRequest request, ExecutionResult result) {
        Labels exemplar = Exemplars.of(request.traceId());
        String language = request.program().language().label();
        duration.labelValues(language)
                .observeWithExemplar(MachineMetrics.seconds(result.exit().duration()), exemplar);
        executions.labelValues(language, label(result.outcome())).incWithExemplar(exemplar);
    }

    private static String label(Outcome outcome) {
        return outcome.name().toLowerCase(Locale.ROOT);
    }
}
