package io.neurovisor.server.grpc.execution;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.config.ExecutionConfig;
import java.time.Duration;

/**
 * The timeouts of clients' programs.
 *
 * @param usual for a request without a timeout
 * @param most the longest timeout of a request
 */
public record RequestTimeouts(Duration usual, Duration most) {
    /** Throws {@code INVALID_ARGUMENT} if the default timeout exceeds the longest. */
    public RequestTimeouts {
        if (usual.compareTo(most) > 0) {
            throw NeuroVisorException.invalid(
                    ExecutionConfig.TIMEOUT.name(),
                    "%s of %d s is more than %s of %d s; lower the first or raise the second"
                            .formatted(
                                    ExecutionConfig.TIMEOUT.flag(),
                                    usual.toSeconds(),
                                    ExecutionConfig.TIMEOUT_MAX.flag(),
                                    most.toSeconds()));
        }
    }

    /**
     * Returns the timeout of a request.
     *
     * @param seconds from the request, unsigned; 0 if absent
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} if it exceeds the longest
     */
    Duration of(int seconds) {
        Duration timeout = seconds == 0 ? usual : Duration.ofSeconds(Integer.toUnsignedLong(seconds));
        if (timeout.compareTo(most) > 0) {
            throw NeuroVisorException.invalid(
                    "timeout",
                    "timeout of %d s is more than the %d s that this daemon allows; ask for less, or start the daemon with a larger %s"
                            .formatted(timeout.toSeconds(), most.toSeconds(), ExecutionConfig.TIMEOUT_MAX.flag()));
        }
        return timeout;
    }
}
