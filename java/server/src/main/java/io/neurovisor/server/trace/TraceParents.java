package io.neurovisor.server.trace;

import io.opentelemetry.api.trace.SpanContext;

/** Writes W3C's header (Trace Context, section 3.2). */
public final class TraceParents {
    private TraceParents() {}

    /** What whoever is called by a span is told. */
    public static String of(SpanContext span) {
        return "00-" + span.getTraceId() + "-" + span.getSpanId() + "-"
                + span.getTraceFlags().asHex();
    }
}
