package io.neurovisor.tests;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

/** Durations in one line. */
final class LatencyLine {
    private LatencyLine() {}

    /** {@code 12: p50 345 ms, p99 678 ms, max 901 ms}. */
    static String of(Collection<Duration> durations) {
        List<Long> sorted = durations.stream().map(Duration::toMillis).sorted().toList();
        return sorted.isEmpty()
                ? "0"
                : "%d: p50 %d ms, p99 %d ms, max %d ms"
                        .formatted(sorted.size(), part(sorted, 0.5), part(sorted, 0.99), sorted.getLast());
    }

    private static long part(List<Long> sorted, double part) {
        return sorted.get((int) Math.ceil(part * sorted.size()) - 1);
    }
}
