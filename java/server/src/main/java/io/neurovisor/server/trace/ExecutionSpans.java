package io.neurovisor.server.trace;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.program.Outcome;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Records the spans of executions as children of the current span: {@code acquire}, with {@code restore} or {@code
 * boot} inside if the machine was not ready, and {@code execute}, a call to the guest, with {@code guest execute}
 * inside. The latter has the duration that the guest reports and is centered, because its start is unknown.
 */
final class ExecutionSpans implements ExecutionListener {
    private final Tracing tracing;
    private final InstantSource clock;
    private final Map<ExecutionRequest, Running> running = Collections.synchronizedMap(new IdentityHashMap<>());

    private record Running(Instant begun, Optional<Span> execute, Instant acquired) {}

    ExecutionSpans(Tracing tracing, InstantSource clock) {
        this.tracing = tracing;
        this.clock = clock;
    }

    @Override
    public void begun(ExecutionRequest request) {
        Instant now = clock.instant();
        running.put(request, new Running(now, Optional.empty(), now));
    }

    @Override
    public void acquired(ExecutionRequest request, Machine machine, Duration acquireTime) {
        Instant now = clock.instant();
        Span acquire = tracing.span("acquire")
                .setStartTimestamp(now.minus(acquireTime))
                .setAttribute("neurovisor.vm.id", machine.vmId().value())
                .setAttribute("neurovisor.vm.size", request.size().label())
                .startSpan();
        Duration age = machine.age();
        if (age.compareTo(acquireTime) < 0) {
            Optional<String> template = machine.start().template();
            Span start = tracing.span(template.isPresent() ? "restore" : "boot")
                    .setParent(Context.current().with(acquire))
                    .setStartTimestamp(now.minus(age).minus(machine.startTime()))
                    .startSpan();
            template.ifPresent(name -> start.setAttribute("neurovisor.template", name));
            start.end(now.minus(age));
        }
        acquire.end(now);
        Span execute = tracing.span("execute")
                .setSpanKind(SpanKind.CLIENT)
                .setStartTimestamp(now)
                .setAttribute("rpc.system", "grpc")
                .setAttribute("neurovisor.vm.id", machine.vmId().value())
                .setAttribute(
                        "neurovisor.language", request.program().language().label())
                .startSpan();
        running.put(request, new Running(now.minus(acquireTime), Optional.of(execute), now));
    }

    @Override
    public void executed(ExecutionRequest request, ExecutionResult result) {
        Running ended = requireNonNull(running.remove(request), "the execution has not begun");
        Span execute = ended.execute().orElseThrow();
        Duration guest = result.exit().duration();
        Duration onTheWay = result.runTime().minus(guest);
        Instant begin = ended.acquired().plus(onTheWay.isNegative() ? Duration.ZERO : onTheWay.dividedBy(2));
        tracing.span("guest execute")
                .setParent(Context.current().with(execute))
                .setStartTimestamp(begin)
                .startSpan()
                .end(begin.plus(guest));
        execute.setAttribute("neurovisor.outcome", result.outcome().name());
        execute.setAttribute("neurovisor.exit_code", result.exit().exitCode());
        if (result.outcome() != Outcome.COMPLETED) {
            execute.setStatus(StatusCode.ERROR, result.outcome().name());
        }
        execute.end(ended.acquired().plus(result.runTime()));
    }

    @Override
    public void failed(ExecutionRequest request, Throwable failure) {
        Running ended = requireNonNull(running.remove(request), "the execution has not begun");
        Span span = ended.execute()
                .orElseGet(() -> tracing.span("acquire")
                        .setStartTimestamp(ended.begun())
                        .setAttribute("neurovisor.vm.size", request.size().label())
                        .startSpan());
        span.setStatus(StatusCode.ERROR, NeuroVisorException.faultOf(failure).name());
        span.end(clock.instant());
    }
}
