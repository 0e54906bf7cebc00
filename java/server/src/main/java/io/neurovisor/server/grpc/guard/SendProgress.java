package io.neurovisor.server.grpc.guard;

import java.time.Duration;

/** Decides from periodic samples whether a client has stopped reading. Not thread-safe. */
final class SendProgress {
    private long messages;
    private long sinceNanos;

    SendProgress(long nowNanos) {
        sinceNanos = nowNanos;
    }

    /**
     * Returns whether the transport has been unable to send for that long.
     *
     * @param idle whether no data waits to be sent
     * @param messagesBegun the number of messages handed to the transport, each only when there was room for it
     */
    boolean isOverdue(boolean idle, long messagesBegun, long nowNanos, Duration timeout) {
        if (idle || messagesBegun != messages) {
            messages = messagesBegun;
            sinceNanos = nowNanos;
            return false;
        }
        return nowNanos - sinceNanos >= timeout.toNanos();
    }
}
