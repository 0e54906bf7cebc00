package io.neurovisor.server.sandbox;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.guest.GuestUsage;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxPhase;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the running sandboxes and keeps the points of the last hour. A reading that fails or takes too long skips a
 * point. Thread-safe.
 */
public final class SandboxMeasurements {
    public static final Duration INTERVAL = Duration.ofSeconds(5);

    static final int MOST_POINTS = 720;

    private static final Logger LOG = LoggerFactory.getLogger(SandboxMeasurements.class);
    private static final Duration READING_LIMIT = Duration.ofSeconds(4);
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double PERCENT = 100;

    private final Supplier<List<Sandbox>> sandboxes;
    private final Executor executor;
    private final Ticker ticker;
    private final InstantSource clock;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Map<SandboxId, Series> series = new HashMap<>();

    /**
     * A measurement.
     *
     * @param cpuUsedPercent of all processors, since the point before
     */
    public record Point(Instant time, int vcpuCount, double cpuUsedPercent, GuestUsage usage) {}

    /** The points of one sandbox. */
    private static final class Series {
        private final Deque<Point> points = new ArrayDeque<>();
        private boolean pending;
        private long measuredNanos;
    }

    /**
     * @param sandboxes returns all that have not ended
     * @param executor measures them
     */
    public SandboxMeasurements(
            Supplier<List<Sandbox>> sandboxes, Executor executor, Ticker ticker, InstantSource clock) {
        this.sandboxes = sandboxes;
        this.executor = executor;
        this.ticker = ticker;
        this.clock = clock;
    }

    /** Begins to measure each running sandbox and forgets those that have ended. To be called every {@link #INTERVAL}. */
    public void measure() {
        Set<SandboxId> living = new HashSet<>();
        for (Sandbox sandbox : sandboxes.get()) {
            living.add(sandbox.id());
            if (sandbox.phase() == SandboxPhase.RUNNING && begin(sandbox.id())) {
                executor.execute(() -> measure(sandbox));
            }
        }
        synchronized (lock) {
            series.keySet().retainAll(living);
        }
    }

    /** Returns false if the reading before has not ended. */
    private boolean begin(SandboxId id) {
        synchronized (lock) {
            Series known = series.computeIfAbsent(id, _ -> new Series());
            boolean begins = !known.pending;
            known.pending = true;
            return begins;
        }
    }

    private void measure(Sandbox sandbox) {
        try {
            add(sandbox, sandbox.usage(Deadline.after(READING_LIMIT, ticker)));
        } catch (NeuroVisorException failure) {
            LOG.debug("sandbox {} was not measured: {}", sandbox.id(), failure.getMessage());
        } finally {
            synchronized (lock) {
                Series known = series.get(sandbox.id());
                if (known != null) {
                    known.pending = false;
                }
            }
        }
    }

    private void add(Sandbox sandbox, GuestUsage usage) {
        int processors = sandbox.record().spec().kind().size().vcpuCount();
        synchronized (lock) {
            Series known = series.get(sandbox.id());
            if (known == null) {
                return;
            }
            long nowNanos = ticker.nanos();
            double percent = 0;
            if (!known.points.isEmpty()) {
                double busy =
                        usage.cpuSeconds() - known.points.getLast().usage().cpuSeconds();
                double passed = (nowNanos - known.measuredNanos) / NANOS_PER_SECOND;
                percent = percent(busy / (passed * processors));
            }
            known.measuredNanos = nowNanos;
            known.points.addLast(new Point(clock.instant(), processors, percent, usage));
            if (known.points.size() > MOST_POINTS) {
                known.points.removeFirst();
            }
        }
    }

    /** The guest reports its use itself, so the share may be anything. */
    private static double percent(double share) {
        return Double.isFinite(share) ? Math.clamp(share * PERCENT, 0, PERCENT) : 0;
    }

    /** Returns the points of the last hour of a sandbox that has not ended, the oldest first. */
    public List<Point> of(SandboxId id) {
        synchronized (lock) {
            Series known = series.get(id);
            return known == null ? List.of() : List.copyOf(known.points);
        }
    }

    /** Returns the number of processes in all sandboxes when they were measured last. */
    public long processes() {
        synchronized (lock) {
            return series.values().stream()
                    .filter(known -> !known.points.isEmpty())
                    .mapToLong(known -> known.points.getLast().usage().processes())
                    .sum();
        }
    }
}
