package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * What ended within one interval.
 *
 * @param at when the interval began
 * @param p50Millis the median of what executions took from the request to their machine's end
 */
public record Point(Instant at, int ended, int uncompleted, double p50Millis, double p95Millis) {
    public Point {
        requireNonNull(at, "at is null");
    }
}
