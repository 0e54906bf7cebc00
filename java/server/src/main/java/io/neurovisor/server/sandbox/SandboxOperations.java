package io.neurovisor.server.sandbox;

import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.report.ForkedSandbox;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.server.metrics.SandboxMetrics;
import io.neurovisor.server.trace.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** Measures operations on sandboxes and records their spans as children of the current span. */
public record SandboxOperations(SandboxMetrics metrics, Tracing tracing) {
    /** Returns an executor whose tasks belong to the span of the call that starts them. */
    public static Executor executor() {
        return Context.taskWrapping(Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("sandbox-", 1).factory()));
    }

    Sandbox observe(SandboxMetrics.Operation operation, Supplier<Sandbox> work) {
        return metrics.timed(operation, () -> {
            Span span = tracing.span(operation.label() + " sandbox").startSpan();
            return tracing.within(span, () -> {
                Sandbox sandbox = work.get();
                span.setAttribute("neurovisor.sandbox.id", sandbox.id().value());
                sandbox.record().vmId().map(VmId::value).ifPresent(id -> span.setAttribute("neurovisor.vm.id", id));
                return sandbox;
            });
        });
    }

    List<ForkedSandbox> observeFork(String id, Supplier<List<ForkedSandbox>> work) {
        return metrics.timed(SandboxMetrics.Operation.FORK, () -> {
            Span span = tracing.span("fork sandbox")
                    .setAttribute("neurovisor.sandbox.id", id)
                    .startSpan();
            return tracing.within(span, () -> {
                List<ForkedSandbox> results = work.get();
                span.setAttribute(
                        "neurovisor.sandbox.copies",
                        results.stream()
                                .filter(result -> result.sandbox().isPresent())
                                .count());
                return results;
            });
        });
    }

    /** Observes an operation on a sandbox that is known before. */
    <R> R observe(SandboxMetrics.Operation operation, String id, Supplier<R> work) {
        return metrics.timed(operation, () -> {
            Span span = tracing.span(operation.label() + " sandbox")
                    .setAttribute("neurovisor.sandbox.id", id)
                    .startSpan();
            return tracing.within(span, work);
        });
    }
}
