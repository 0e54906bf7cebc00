package io.neurovisor.bench.trace;

/**
 * One step of a request in its trace.
 *
 * @param trace 32 hexadecimal digits
 * @param parent the id of the parent span; empty for a root span
 * @param startNanos nanoseconds since 1970
 */
public record Span(String trace, String id, String parent, String name, long startNanos, long endNanos) {}
