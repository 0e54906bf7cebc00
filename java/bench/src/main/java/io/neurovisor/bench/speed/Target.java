package io.neurovisor.bench.speed;

import io.neurovisor.bench.floor.Floor;
import io.neurovisor.bench.measure.HostProgram;
import io.neurovisor.bench.measure.Measurements;
import io.neurovisor.bench.measure.Series;
import io.neurovisor.bench.measure.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The promise about one figure, with its measured value.
 *
 * @param unit the unit of the figure; {@code x} for a ratio
 * @param value the measured value; NaN if it was not measured
 * @param isMost whether the limit is an upper bound; otherwise it is a lower bound
 */
public record Target(String what, String size, String unit, double value, double limit, boolean isMost) {
    private static final String TIMES = "x";
    private static final double MILLIS_PER_SECOND = 1000;

    boolean isMeasured() {
        return !Double.isNaN(value);
    }

    public String verdict() {
        if (!isMeasured()) {
            return "not measured";
        }
        return (isMost ? value <= limit : value >= limit) ? "met" : "missed";
    }

    public String promise() {
        return (isMost ? "at most " : "at least ") + number(limit);
    }

    public String shown() {
        return isMeasured() ? number(value) : "-";
    }

    private String number(double figure) {
        return String.format(Locale.ROOT, "%.2f %s", figure, unit);
    }

    /** Returns the targets of a whole run. */
    public static List<Target> of(String size, Measurements measurements) {
        Figures figures = new Figures(size, measurements);
        List<Target> targets = new ArrayList<>();
        double warm = figures.median(WarmRun.PYTHON, Workbench.OURS);
        targets.add(
                most(size, "warm Python, beside the bare VMM", warm / figures.median(WarmRun.PYTHON, Floor.NAME), 1.3));
        targets.add(most(
                size,
                "warm Python, beside a plain process",
                warm / figures.median(WarmRun.PYTHON, HostProgram.PLAIN),
                4));
        targets.add(least(
                size,
                "gVisor's runsc beside warm Python",
                figures.median(WarmRun.PYTHON, HostProgram.GVISOR) / warm,
                5));
        targets.add(new Target(
                "what of a request is not the machine's",
                size,
                Unit.MILLISECONDS.symbol(),
                figures.median(WarmRun.OVERHEAD, Workbench.OURS),
                3,
                true));
        targets.add(most(
                size,
                "warm JavaScript, primed with it, beside the bare VMM",
                figures.ratio(WarmRun.PRIMED_JAVASCRIPT),
                1.3));
        targets.add(most(size, "clone to its answer, beside the bare VMM", figures.ratio(CloneRun.ANSWERS), 1.3));
        targets.add(
                most(size, "fresh clone to the last byte, beside the bare VMM", figures.ratio(CloneRun.FRESH), 1.2));
        targets.add(least(
                size, "fresh machines per second, beside the bare VMM", figures.ratio(SustainedRun.SUSTAINED), 0.8));
        targets.add(new Target(
                SustainedRun.HOST_TIME,
                size,
                Unit.MILLISECONDS.symbol(),
                figures.median(SustainedRun.HOST_TIME, Workbench.OURS),
                8,
                true));
        double perSecond = figures.median(SustainedRun.SUSTAINED, Workbench.OURS);
        for (String burst : List.of(BurstRun.FULL, BurstRun.EMPTY)) {
            targets.add(new Target(burst + ": answered", size, "%", figures.successRate(burst) * 100, 100, false));
            targets.add(most(
                    size,
                    burst + ": p99, beside 100 at the sustained rate",
                    figures.percentile99(burst) / (BurstRun.REQUESTS / perSecond * MILLIS_PER_SECOND),
                    1.5));
        }
        targets.add(most(
                size, "memory of a waiting machine, beside the bare VMM", figures.ratio(DensityRun.MEMORY + 10), 1.1));
        targets.add(new Target(
                "daemon to its first machine",
                size,
                "s",
                figures.median(StartRun.FIRST_MACHINE, Workbench.OURS) / MILLIS_PER_SECOND,
                1.5,
                true));
        targets.add(new Target(
                "command, with a daemon",
                size,
                "s",
                figures.median(StartRun.COMMAND, StartRun.BY_DAEMON) / MILLIS_PER_SECOND,
                0.35,
                true));
        targets.add(new Target(
                "command, alone",
                size,
                "s",
                figures.median(StartRun.COMMAND, StartRun.ALONE) / MILLIS_PER_SECOND,
                0.8,
                true));
        return targets;
    }

    /** Returns the targets of a scenario that is no part of a whole run. */
    public static List<Target> of(Scenario scenario, String size, Measurements measurements) {
        return switch (scenario) {
            case SANDBOX -> SandboxTargets.of(size, measurements);
            case INTERPRETER -> CellRun.targets(new Figures(size, measurements));
            case E2B -> E2bRun.targets(new Figures(size, measurements));
            default -> List.of();
        };
    }

    static Target most(String size, String what, double value, double limit) {
        return new Target(what, size, TIMES, value, limit, true);
    }

    static Target least(String size, String what, double value, double limit) {
        return new Target(what, size, TIMES, value, limit, false);
    }

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
}
