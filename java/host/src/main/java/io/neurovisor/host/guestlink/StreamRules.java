package io.neurovisor.host.guestlink;

import io.grpc.Status;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Optional;

/** The rules for the messages of a stream. */
interface StreamRules<A> {
    /**
     * Checks the next message and returns the bytes of its content.
     *
     * @throws NeuroVisorException with a message that continues "the guest agent"
     */
    int check(A message);

    /** Returns the bytes of a message that are needed but do not count as content, apart from numbers and lengths. */
    default int uncountedBytes(A message) {
        return 0;
    }

    /** Returns one message with the meaning of two that follow each other; empty if there is none. */
    Optional<A> merged(A first, A second);

    /** Returns whether the message that was checked last completes the stream. */
    boolean isComplete();

    /** Returns whether the guest may end the stream without a last message that completes it. */
    default boolean mayEnd() {
        return false;
    }

    /** Returns the most content that the guest may send before the reader takes it. */
    default int windowBytes() {
        return GuestStream.WINDOW_BYTES;
    }

    /** Returns the least content that the guest must be able to send before the reader takes it: a message at least. */
    default int leastWindowBytes() {
        return GuestStream.LEAST_WINDOW_BYTES;
    }

    /**
     * Returns the fault of a stream that the guest has ended with an error.
     *
     * @param begun whether a message has come before
     */
    default NeuroVisorException failure(Status status, Exception cause, boolean begun) {
        return begun ? GuestStatus.processBreakOff(status, cause) : GuestStatus.processRefusal(status, cause);
    }
}
