package io.neurovisor.bench.measure;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The values of one contender in one scenario.
 *
 * @param failed how many attempts brought no value
 * @param processorMillis what the whole machine's processors did meanwhile, per attempt; 0 where it was not looked at
 */
public record Series(Key key, Measure measure, List<Double> values, int failed, double processorMillis) {
    /** A histogram counts whole numbers: thousandths, exact to three digits. */
    private static final double SCALE = 1000;

    private static final int DIGITS = 3;

    /** Whose values these are. */
    public record Key(String size, String scenario, String contender) {
        public Key {
            requireNonNull(size, "size is null");
            requireNonNull(scenario, "scenario is null");
            requireNonNull(contender, "contender is null");
        }
    }

    public Series {
        requireNonNull(key, "key is null");
        requireNonNull(measure, "measure is null");
        values = List.copyOf(values);
    }

    /** The value below which {@code percent} of them stay; of none, not a number. */
    public double percentile(double percent) {
        if (values.isEmpty()) {
            return Double.NaN;
        }
        Histogram histogram = new Histogram(DIGITS);
        values.forEach(value -> histogram.recordValue(Math.round(value * SCALE)));
        return histogram.getValueAtPercentile(percent) / SCALE;
    }

    public double median() {
        return percentile(50);
    }

    /** The part of the attempts that brought a value, 0 to 1. */
    public double successRate() {
        int attempts = values.size() + failed;
        return attempts == 0 ? Double.NaN : (double) values.size() / attempts;
    }
}
