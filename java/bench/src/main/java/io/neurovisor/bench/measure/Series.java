package io.neurovisor.bench.measure;

import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * The values of one contender in one scenario.
 *
 * @param failed the number of attempts without a value
 * @param processorMillis busy time of the whole machine's processors per attempt; 0 if it was not measured
 */
public record Series(Key key, Unit unit, List<Double> values, int failed, double processorMillis) {
    /** A histogram counts whole numbers: thousandths, exact to three digits. */
    private static final double SCALE = 1000;

    private static final int DIGITS = 3;

    public record Key(String size, String scenario, String contender) {}

    public Series {
        values = List.copyOf(values);
    }

    /** Returns the value that {@code percent} of the values do not exceed, or NaN without values. */
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

    /** Returns the share of attempts that have a value, 0 to 1, or NaN without attempts. */
    public double successRate() {
        int attempts = values.size() + failed;
        return attempts == 0 ? Double.NaN : (double) values.size() / attempts;
    }
}
