package io.neurovisor.bench.endurance;

import java.time.Duration;

/** The outcome of a request; {@code detail} says what is wrong with it, if anything. */
record RequestOutcome(How how, String detail, Duration took) {
    enum How {
        /** The result is the expected one. */
        RIGHT,
        /** Its machine was killed, and the client was notified. */
        DIED,
        /** The daemon had no machine for it and rejected it. */
        REFUSED,
        /** The daemon was killed while it ran, and the client was notified that its outcome is unknown. */
        UNKNOWN,
        /** Its client disconnected, as planned. */
        GONE,
        /** Anything else. */
        WRONG
    }
}
