package io.neurovisor.server.metrics;

import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.ExecuteCode;
import io.neurovisor.agent.model.ToolCall;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;

/** Metrics of agent runs. Listens to all runs simultaneously. */
public final class AgentMetrics implements AgentListener {
    private final Counter tasks;
    private final Histogram iterations;
    private final Counter calls;

    public AgentMetrics(PrometheusRegistry registry) {
        tasks = MetricFamilies.counter(
                registry,
                "neurovisor_agent_tasks_total",
                "Finished tasks: success means an answer, max_iterations any limit of the run.",
                "status");
        iterations = MetricFamilies.iterations(registry, "neurovisor_agent_iterations", "Model requests of a task.");
        calls = MetricFamilies.counter(
                registry,
                "neurovisor_agent_tool_calls_total",
                "Tool calls of models; other stands for unknown tools.",
                "tool");
        List.of("success", "max_iterations", "error").forEach(tasks::initLabelValues);
        List.of(ExecuteCode.NAME, ModelMetrics.OTHER).forEach(calls::initLabelValues);
    }

    /** Counts a task that did not start because its model is missing. */
    public void notBegun() {
        tasks.labelValues("error").inc();
    }

    @Override
    public void called(ToolCall call) {
        calls.labelValues(call.name().equals(ExecuteCode.NAME) ? ExecuteCode.NAME : ModelMetrics.OTHER)
                .inc();
    }

    @Override
    public void ended(AgentResult result) {
        tasks.labelValues(status(result.end())).inc();
        iterations.observe(result.stats().iterations());
    }

    private static String status(AgentEnd end) {
        if (end == AgentEnd.ANSWERED) {
            return "success";
        }
        return end.isLimit() ? "max_iterations" : "error";
    }
}
