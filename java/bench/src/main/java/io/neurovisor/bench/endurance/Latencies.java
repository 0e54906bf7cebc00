package io.neurovisor.bench.endurance;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The latencies of honest clients' greetings, from connecting to the last byte, before and after the hostile clients started.
 * Greetings during the restart of the daemon are left out.
 */
record Latencies(List<Duration> alone, List<Duration> contended) {
    private static final double MOST = 2;
    private static final int FEWEST = 20;

    Latencies {
        alone = alone.stream().sorted().toList();
        contended = contended.stream().sorted().toList();
    }

    Optional<String> complaint() {
        if (alone.size() < FEWEST || contended.size() < FEWEST) {
            return Optional.of(
                    "%d greetings alone and %d next to hostile clients are too few to compare; choose a longer --duration"
                            .formatted(alone.size(), contended.size()));
        }
        return ratio() <= MOST
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT, "honest clients' p99 next to hostile clients is %.2f times that alone", ratio()));
    }

    String line() {
        return alone.isEmpty() || contended.isEmpty()
                ? "honest clients: %d greetings alone, %d next to hostile clients"
                        .formatted(alone.size(), contended.size())
                : String.format(
                        Locale.ROOT,
                        "honest clients: %d greetings alone, p50 %d ms, p99 %d ms; next to hostile clients %d, p50 %d ms, p99"
                                + " %d ms: %.2f times, at most %.2f",
                        alone.size(),
                        percentile(alone, 0.5).toMillis(),
                        percentile(alone, 0.99).toMillis(),
                        contended.size(),
                        percentile(contended, 0.5).toMillis(),
                        percentile(contended, 0.99).toMillis(),
                        ratio(),
                        MOST);
    }

    private double ratio() {
        return (double) percentile(contended, 0.99).toNanos()
                / percentile(alone, 0.99).toNanos();
    }

    private static Duration percentile(List<Duration> sorted, double share) {
        return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
    }
}
