package io.neurovisor.server.trace;

import io.neurovisor.engine.trace.TraceId;
import io.opentelemetry.sdk.trace.IdGenerator;

/** Generates ids so that a span without a parent can belong to a known trace. */
final class RequestIds implements IdGenerator {
    static final ScopedValue<TraceId> KNOWN = ScopedValue.newInstance();

    @Override
    public String generateTraceId() {
        return (KNOWN.isBound() ? KNOWN.get() : TraceIds.next()).hex();
    }

    @Override
    public String generateSpanId() {
        return IdGenerator.random().generateSpanId();
    }
}
