package io.neurovisor.bench.speed;

import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.bench.measure.Series;

/** The measured values of one size; NaN where there is none. */
record Figures(String size, Measurements measurements) {
    double median(String scenario, String contender) {
        return measurements
                .find(new Series.Key(size, scenario, contender))
                .map(Series::median)
                .orElse(Double.NaN);
    }

    double ratio(String scenario) {
        return median(scenario, Workbench.OURS) / median(scenario, Floor.NAME);
    }

    double percentile99(String scenario) {
        return measurements
                .find(new Series.Key(size, scenario, Workbench.OURS))
                .map(series -> series.percentile(99))
                .orElse(Double.NaN);
    }

    double successRate(String scenario) {
        return measurements
                .find(new Series.Key(size, scenario, Workbench.OURS))
                .map(Series::successRate)
                .orElse(Double.NaN);
    }
}
