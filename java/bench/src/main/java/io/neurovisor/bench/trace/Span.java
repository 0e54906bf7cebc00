package io.neurovisor.bench.trace;

import static java.util.Objects.requireNonNull;

/**
 * One step of a request, as its trace tells it.
 *
 * @param trace 32 hexadecimal digits
 * @param parent empty for the first of a process
 * @param startNanos since 1970
 */
public record Span(String trace, String id, String parent, String name, long startNanos, long endNanos) {
    public Span {
        requireNonNull(trace, "trace is null");
        requireNonNull(id, "id is null");
        requireNonNull(parent, "parent is null");
        requireNonNull(name, "name is null");
    }
}
