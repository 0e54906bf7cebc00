package io.neurovisor.bench.fairness;

import io.neurovisor.bench.measure.Series;
import io.neurovisor.bench.measure.Unit;
import java.util.List;
import java.util.Locale;

/**
 * The latency of a client's requests, alone and next to a client that always has requests waiting.
 *
 * @param alone the latencies of the client alone, in milliseconds
 * @param contended the latencies next to the other client, in milliseconds
 * @param threads the number of requests that the other client had at any time
 * @param others the number of requests of the other client that were served during the second part
 */
public record FairnessReport(List<Double> alone, List<Double> contended, int threads, int others) {
    private static final double MOST = 2;

    public FairnessReport {
        alone = List.copyOf(alone);
        contended = List.copyOf(contended);
    }

    /** Returns whether the other client has at most doubled the 99th percentile; false if it was not served at all. */
    public boolean isFair() {
        return others > 0 && ratio() <= MOST;
    }

    public List<String> lines() {
        return List.of(
                line("alone", alone),
                line(
                        "next to %d requests of another client, of which %d were served".formatted(threads, others),
                        contended),
                String.format(
                        Locale.ROOT,
                        "p99: %.2f times that alone, %s %.2f",
                        ratio(),
                        isFair() ? "within" : "not within",
                        MOST));
    }

    private static String line(String when, List<Double> millis) {
        return String.format(
                Locale.ROOT,
                "%s: %d requests, p50 %.0f ms, p99 %.0f ms",
                when,
                millis.size(),
                series(millis).median(),
                series(millis).percentile(99));
    }

    private double ratio() {
        return series(contended).percentile(99) / series(alone).percentile(99);
    }

    private static Series series(List<Double> millis) {
        return new Series(new Series.Key("", "fairness", ""), Unit.MILLISECONDS, millis, 0, 0);
    }
}
