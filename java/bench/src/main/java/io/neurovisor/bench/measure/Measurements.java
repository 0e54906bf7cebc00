package io.neurovisor.bench.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All that one run has measured, in the order in which it began. Safe for use by many threads. */
public final class Measurements {
    private final Map<Series.Key, Values> all = new LinkedHashMap<>();

    private static final class Values {
        private final Measure measure;
        private final List<Double> values = new ArrayList<>();
        private int failed;
        private double processorMillis;

        Values(Measure measure) {
            this.measure = measure;
        }
    }

    public synchronized void add(Series.Key key, Measure measure, double value) {
        of(key, measure).values.add(value);
    }

    public synchronized void failed(Series.Key key, Measure measure) {
        of(key, measure).failed++;
    }

    synchronized void addProcessorMillis(Series.Key key, Measure measure, double millis) {
        of(key, measure).processorMillis += millis;
    }

    private Values of(Series.Key key, Measure measure) {
        return all.computeIfAbsent(key, _ -> new Values(measure));
    }

    public synchronized List<Series> series() {
        return all.entrySet().stream()
                .map(entry -> {
                    Values values = entry.getValue();
                    int attempts = Math.max(1, values.values.size() + values.failed);
                    return new Series(
                            entry.getKey(),
                            values.measure,
                            values.values,
                            values.failed,
                            values.processorMillis / attempts);
                })
                .toList();
    }

    public Optional<Series> find(Series.Key key) {
        return series().stream().filter(series -> series.key().equals(key)).findFirst();
    }
}
