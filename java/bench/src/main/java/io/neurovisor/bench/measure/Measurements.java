package io.neurovisor.bench.measure;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The values of one run, in the order in which their series began. Thread-safe. */
public final class Measurements {
    private final Map<Series.Key, Values> all = new LinkedHashMap<>();

    private static final class Values {
        private final Unit unit;
        private final List<Double> values = new ArrayList<>();
        private int failed;
        private double processorMillis;

        Values(Unit unit) {
            this.unit = unit;
        }
    }

    public synchronized void add(Series.Key key, Unit unit, double value) {
        of(key, unit).values.add(value);
    }

    public synchronized void failed(Series.Key key, Unit unit) {
        of(key, unit).failed++;
    }

    synchronized void addProcessorMillis(Series.Key key, Unit unit, double millis) {
        of(key, unit).processorMillis += millis;
    }

    private Values of(Series.Key key, Unit unit) {
        return all.computeIfAbsent(key, _ -> new Values(unit));
    }

    public synchronized List<Series> series() {
        return all.entrySet().stream()
                .map(entry -> {
                    Values values = entry.getValue();
                    int attempts = Math.max(1, values.values.size() + values.failed);
                    return new Series(
                            entry.getKey(),
                            values.unit,
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
