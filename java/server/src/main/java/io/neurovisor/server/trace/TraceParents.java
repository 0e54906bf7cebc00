package io.neurovisor.server.trace;

import io.opentelemetry.api.trace.SpanContext;

/** Formats W3C's {@code traceparent} header (Trace Context, section 3.2). */
public final class TraceParents {
    private TraceParents() {}

    public static String of(SpanContext span) {
        return "00-" + span.getTraceId() + "-" + span.getSpanId() + "-"
                + span.getTraceFlags().asHex();
    }
}
