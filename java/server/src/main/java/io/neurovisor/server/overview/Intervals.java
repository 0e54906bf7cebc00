package io.neurovisor.server.overview;

import io.neurovisor.engine.time.SteadyClock;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * The last ten minutes, divided into intervals, in bounded memory: an interval that is over is reduced to its point,
 * the current one keeps at most {@link #MOST_SAMPLES} durations. Not thread-safe.
 */
final class Intervals {
    static final Duration LENGTH = Duration.ofSeconds(5);

    /** More than a hundred per second, which is enough for percentiles. */
    static final int MOST_SAMPLES = 512;

    private static final long COUNT = Activity.WINDOW.dividedBy(LENGTH);

    private final Ticker ticker;
    private final Instant start;
    private final long startNanos;
    private final Deque<Numbered> closed = new ArrayDeque<>();
    private final double[] samples = new double[MOST_SAMPLES];
    private long number;
    private int ended;
    private int uncompleted;

    /** @param clock read once, for the start; after that only the ticker is read, which cannot be set */
    Intervals(InstantSource clock, Ticker ticker) {
        this.ticker = ticker;
        this.start = new SteadyClock(clock, ticker).instant();
        this.startNanos = ticker.nanos();
    }

    private record Numbered(long number, Point point) {}

    void ended(boolean completed, double totalMillis) {
        advance();
        if (ended < MOST_SAMPLES) {
            samples[ended] = totalMillis;
        }
        ended++;
        if (!completed) {
            uncompleted++;
        }
    }

    /** Returns the points of intervals in which something ended, including the current one. */
    List<Point> points() {
        advance();
        Stream<Point> over = closed.stream().map(Numbered::point);
        return (ended == 0 ? over : Stream.concat(over, Stream.of(point()))).toList();
    }

    private void advance() {
        long now = (ticker.nanos() - startNanos) / LENGTH.toNanos();
        if (now > number) {
            if (ended > 0) {
                closed.addLast(new Numbered(number, point()));
            }
            number = now;
            ended = 0;
            uncompleted = 0;
        }
        while (!closed.isEmpty() && closed.getFirst().number() <= now - COUNT) {
            closed.removeFirst();
        }
    }

    private Point point() {
        double[] sorted = Arrays.copyOf(samples, Math.min(ended, MOST_SAMPLES));
        Arrays.sort(sorted);
        return new Point(
                start.plus(LENGTH.multipliedBy(number)),
                ended,
                uncompleted,
                percentile(sorted, 50),
                percentile(sorted, 95));
    }

    /** Returns the smallest value that at least this percentage of values does not exceed. */
    private static double percentile(double[] sorted, int percent) {
        return sorted[Math.max(0, Math.ceilDiv(sorted.length * percent, 100) - 1)];
    }
}
