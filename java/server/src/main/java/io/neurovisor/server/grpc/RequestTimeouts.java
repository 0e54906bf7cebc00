package io.neurovisor.server.grpc;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.config.Setting;
import java.time.Duration;

/**
 * The time-outs of the programs that clients have run.
 *
 * @param usual for a request that names none
 * @param most the longest that a request may name
 */
public record RequestTimeouts(Duration usual, Duration most) {
    /** Throws {@code INVALID_ARGUMENT} where the usual time-out is one that no request may name. */
    public RequestTimeouts {
        if (usual.compareTo(most) > 0) {
            throw NeuroVisorException.invalid(
                    Setting.TIMEOUT.name(),
                    "%s of %d s is more than %s of %d s; lower the first or raise the second"
                            .formatted(
                                    Setting.TIMEOUT.flag(),
                                    usual.toSeconds(),
                                    Setting.TIMEOUT_MAX.flag(),
                                    most.toSeconds()));
        }
    }

    /**
     * Returns the time-out of a request.
     *
     * @param seconds as the request has it, unsigned; 0 where it names none
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} for more than the longest
     */
    Duration of(int seconds) {
        Duration timeout = seconds == 0 ? usual : Duration.ofSeconds(Integer.toUnsignedLong(seconds));
        if (timeout.compareTo(most) > 0) {
            throw NeuroVisorException.invalid(
                    "timeout",
                    "timeout of %d s is more than the %d s that this daemon allows; ask for less, or start the daemon with a larger %s"
                            .formatted(timeout.toSeconds(), most.toSeconds(), Setting.TIMEOUT_MAX.flag()));
        }
        return timeout;
    }
}
