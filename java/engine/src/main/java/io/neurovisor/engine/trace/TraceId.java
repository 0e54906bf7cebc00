package io.neurovisor.engine.trace;

import static java.util.Objects.requireNonNull;

import java.util.HexFormat;
import java.util.UUID;

/** The id that follows one request everywhere: a UUID version 7 (RFC 9562), printed in its dashed form. */
public record TraceId(UUID value) {
    public TraceId {
        requireNonNull(value, "value is null");
    }

    /** As W3C's header carries it: the same 16 bytes, with the span that asks. */
    public String traceparent(long spanId) {
        return "00-" + hex() + "-" + HexFormat.of().toHexDigits(spanId) + "-01";
    }

    /** As OpenTelemetry writes it: 32 hexadecimal digits. */
    public String hex() {
        return value.toString().replace("-", "");
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
