package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * The executions that ended within one interval.
 *
 * @param at the start of the interval
 * @param p50Millis the median time from the request until the machine was removed
 */
public record Point(Instant at, int ended, int uncompleted, double p50Millis, double p95Millis) {
    public Point {
        requireNonNull(at, "at is null");
    }
}
