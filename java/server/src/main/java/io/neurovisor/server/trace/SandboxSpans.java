package io.neurovisor.server.trace;

import io.neurovisor.engine.machine.MachineStep;
import io.neurovisor.engine.sandbox.report.SandboxListener;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.VmId;
import io.opentelemetry.api.trace.Span;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;

/**
 * Records what was done to machines of sandboxes as children of the current span: {@code freeze}, {@code save}, {@code load} and
 * {@code refresh}. What no call has asked for, such as a pause at a time-out, has no span.
 */
record SandboxSpans(Tracing tracing, Ticker ticker, InstantSource clock) implements SandboxListener {
    @Override
    public void worked(VmId machine, List<MachineStep> steps) {
        if (!Span.current().getSpanContext().isValid()) {
            return;
        }
        Instant now = clock.instant();
        long nowNanos = ticker.nanos();
        for (MachineStep step : steps) {
            tracing.span(step.kind().label())
                    .setStartTimestamp(now.minusNanos(nowNanos - step.startNanos()))
                    .setAttribute("neurovisor.vm.id", machine.value())
                    .startSpan()
                    .end(now.minusNanos(nowNanos - step.endNanos()));
        }
    }
}
