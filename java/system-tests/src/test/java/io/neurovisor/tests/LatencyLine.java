package io.neurovisor.tests;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/** Durations in one line. */
final class LatencyLine {
    private LatencyLine() {}

    /** {@code 12: p50 345 ms, p99 678 ms, max 901 ms}. */
    static String of(Collection<Duration> durations) {
        return durations.isEmpty()
                ? "0"
                : "%d: p50 %d ms, p99 %d ms, max %d ms"
                        .formatted(
                                durations.size(),
                                percentile(durations, 50),
                                percentile(durations, 99),
                                percentile(durations, 100));
    }

    /** The smallest that so many of a hundred do not exceed, in milliseconds. */
    static long percentile(Collection<Duration> durations, int percent) {
        List<Long> sorted = durations.stream().map(Duration::toMillis).sorted().toList();
        return sorted.get(Math.ceilDiv(sorted.size() * percent, 100) - 1);
    }
}
