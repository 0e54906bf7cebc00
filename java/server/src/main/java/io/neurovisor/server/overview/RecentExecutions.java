package io.neurovisor.server.overview;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.time.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.function.BiFunction;

/**
 * Remembers which executions run, and the last that have ended with where their time went. Memory is bounded whatever comes:
 * what runs is bounded by who lets it in, of the rest {@link #MOST_ENDED} are kept. Code, output, environment and files of
 * an execution are in nothing that it keeps. Safe for use by many threads.
 */
public final class RecentExecutions implements ExecutionListener {
    static final int MOST_ENDED = 100;
    static final int MOST_SHOWN = 50;

    private final Object lock = new Object();
    private final InstantSource clock;
    private final Ticker ticker;

    // By identity: a client may give many executions one trace id, and nothing else is an execution's own.
    @GuardedBy("lock")
    private final IdentityHashMap<ExecutionRequest, Pending> running = new IdentityHashMap<>();

    @GuardedBy("lock")
    private final Deque<Ended> recent = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Intervals intervals;

    @GuardedBy("lock")
    private long begun;

    @GuardedBy("lock")
    private long ended;

    @GuardedBy("lock")
    private long uncompleted;

    public RecentExecutions(InstantSource clock, Ticker ticker) {
        this.clock = requireNonNull(clock, "clock is null");
        this.ticker = requireNonNull(ticker, "ticker is null");
        this.intervals = new Intervals(clock, ticker);
    }

    @Override
    public void begun(ExecutionRequest request) {
        synchronized (lock) {
            begun++;
            running.put(request, Pending.of(begun, request, clock.instant(), ticker.nanos()));
        }
    }

    @Override
    public void acquired(ExecutionRequest request, Sandbox sandbox, Duration acquireTime) {
        synchronized (lock) {
            running.computeIfPresent(request, (_, pending) -> pending.acquired(sandbox, acquireTime));
        }
    }

    @Override
    public void executed(ExecutionRequest request, ExecutionResult result) {
        end(request, (pending, total) -> pending.executed(result, total));
    }

    @Override
    public void failed(ExecutionRequest request, Throwable failure) {
        end(request, (pending, total) -> pending.failed(failure, total));
    }

    /** As it is now. */
    public Activity activity() {
        synchronized (lock) {
            return new Activity(
                    ended,
                    uncompleted,
                    running.size(),
                    running.values().stream()
                            .map(Pending::current)
                            .sorted(Comparator.comparingLong(Current::number))
                            .limit(MOST_SHOWN)
                            .toList(),
                    new ArrayList<>(recent),
                    Intervals.LENGTH.toSeconds(),
                    intervals.points());
        }
    }

    private void end(ExecutionRequest request, BiFunction<Pending, Duration, Ended> how) {
        synchronized (lock) {
            Pending pending = running.remove(request);
            if (pending == null) {
                return;
            }
            Ended execution = how.apply(pending, Duration.ofNanos(ticker.nanos() - pending.beginNanos()));
            recent.addFirst(execution);
            if (recent.size() > MOST_ENDED) {
                recent.removeLast();
            }
            ended++;
            uncompleted += execution.completed() ? 0 : 1;
            intervals.ended(execution.completed(), execution.totalMillis());
        }
    }
}
