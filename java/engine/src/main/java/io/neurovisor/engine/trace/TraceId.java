package io.neurovisor.engine.trace;

import static java.util.Objects.requireNonNull;

import java.util.HexFormat;
import java.util.UUID;

/** The id of a request in all outputs: a UUID version 7 (RFC 9562), printed in its dashed form. */
public record TraceId(UUID value) {
    public TraceId {
        requireNonNull(value, "value is null");
    }

    /** Returns the value of W3C's header: the same 16 bytes, with the id of the calling span. */
    public String traceparent(long spanId) {
        return "00-" + hex() + "-" + HexFormat.of().toHexDigits(spanId) + "-01";
    }

    /** Returns the form of OpenTelemetry: 32 hexadecimal digits. */
    public String hex() {
        return value.toString().replace("-", "");
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
