package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * An execution that has not ended.
 *
 * @param number its sequence number in this daemon
 * @param vmId its machine; empty while it waits for one
 */
public record CurrentExecution(long number, String traceId, String language, String size, Instant begun, String vmId) {
    public CurrentExecution {
        requireNonNull(traceId, "traceId is null");
        requireNonNull(language, "language is null");
        requireNonNull(size, "size is null");
        requireNonNull(begun, "begun is null");
        requireNonNull(vmId, "vmId is null");
    }

    public boolean waits() {
        return vmId.isEmpty();
    }
}
