package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * An execution that has not ended.
 *
 * @param number which of this daemon's it is
 * @param vmId its machine; empty while it waits for one
 */
public record Current(long number, String traceId, String language, String size, Instant begun, String vmId) {
    public Current {
        requireNonNull(traceId, "traceId is null");
        requireNonNull(language, "language is null");
        requireNonNull(size, "size is null");
        requireNonNull(begun, "begun is null");
        requireNonNull(vmId, "vmId is null");
    }

    /** Whether it has no machine yet. */
    public boolean waits() {
        return vmId.isEmpty();
    }
}
