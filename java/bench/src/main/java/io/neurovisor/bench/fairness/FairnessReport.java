package io.neurovisor.bench.fairness;

import io.neurovisor.bench.measure.Measure;
import io.neurovisor.bench.measure.Series;
import java.util.List;
import java.util.Locale;

/**
 * How long the requests of a client took alone, and next to a client that always has requests waiting.
 *
 * @param alone in milliseconds
 * @param contended in milliseconds
 * @param threads how many requests the other client had at any time
 * @param others how many requests of the other client were served meanwhile
 */
public record FairnessReport(List<Double> alone, List<Double> contended, int threads, int others) {
    private static final double MOST = 2;

    public FairnessReport {
        alone = List.copyOf(alone);
        contended = List.copyOf(contended);
    }

    /** Whether the other client has at most doubled the 99th percentile; never when it was not served at all. */
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
        return new Series(new Series.Key("", "fairness", ""), Measure.MILLISECONDS, millis, 0, 0);
    }
}
