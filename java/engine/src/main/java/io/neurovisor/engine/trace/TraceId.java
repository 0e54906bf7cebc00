package io.neurovisor.engine.trace;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/** The id that follows one request everywhere: a UUID version 7 (RFC 9562), printed in its dashed form. */
public record TraceId(UUID value) {
    public TraceId {
        requireNonNull(value, "value is null");
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
