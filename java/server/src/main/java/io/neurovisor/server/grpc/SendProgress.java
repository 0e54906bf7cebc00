package io.neurovisor.server.grpc;

import java.time.Duration;

/** Decides whether a client has stopped reading, from what is seen of its call now and then. Used by one thread. */
final class SendProgress {
    private long messages;
    private long sinceNanos;

    SendProgress(long nowNanos) {
        sinceNanos = nowNanos;
    }

    /**
     * Returns whether the transport has been unable to send anything for that long.
     *
     * @param idle whether nothing waits to be sent
     * @param messagesBegun how many messages have been handed to the transport; each was once there was room for it
     */
    boolean isOverdue(boolean idle, long messagesBegun, long nowNanos, Duration patience) {
        if (idle || messagesBegun != messages) {
            messages = messagesBegun;
            sinceNanos = nowNanos;
            return false;
        }
        return nowNanos - sinceNanos >= patience.toNanos();
    }
}
