package io.neurovisor.bench.endurance;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * What has become of a job.
 *
 * @param detail in words, where it is wrong
 */
record End(How how, String detail, Duration took) {
    enum How {
        /** As its program promises. */
        RIGHT,
        /** Its machine was killed, and it was told so. */
        DIED,
        /** There was no machine for it, and it was told so. */
        REFUSED,
        /** It ran when the daemon was killed, and it was told that nobody knows. */
        UNKNOWN,
        /** Its client went away, as it was to. */
        GONE,
        /** Anything else. */
        WRONG
    }

    End {
        requireNonNull(how, "how is null");
        requireNonNull(detail, "detail is null");
        requireNonNull(took, "took is null");
    }
}
