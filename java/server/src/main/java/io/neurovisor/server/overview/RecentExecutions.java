package io.neurovisor.server.overview;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.machine.Machine;
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
 * Tracks running executions and the last ones that have ended, with the phases of their time. Memory is bounded:
 * running executions are limited by admission, ended ones by {@link #MOST_ENDED}. Code, output, environment and files
 * of executions are not kept. Thread-safe.
 */
public final class RecentExecutions implements ExecutionListener {
    static final int MOST_ENDED = 100;
    static final int MOST_SHOWN = 50;

    private final Object lock = new Object();
    private final InstantSource clock;
    private final Ticker ticker;

    // By identity, because several executions may share a trace id, and no other property is unique.
    @GuardedBy("lock")
    private final IdentityHashMap<ExecutionRequest, TrackedExecution> running = new IdentityHashMap<>();

    @GuardedBy("lock")
    private final Deque<EndedExecution> recent = new ArrayDeque<>();

    @GuardedBy("lock")
    private final Intervals intervals;

    @GuardedBy("lock")
    private long begun;

    @GuardedBy("lock")
    private long ended;

    @GuardedBy("lock")
    private long uncompleted;

    public RecentExecutions(InstantSource clock, Ticker ticker) {
        this.clock = clock;
        this.ticker = ticker;
        this.intervals = new Intervals(clock, ticker);
    }

    @Override
    public void begun(ExecutionRequest request) {
        synchronized (lock) {
            begun++;
            running.put(request, TrackedExecution.of(begun, request, clock.instant(), ticker.nanos()));
        }
    }

    @Override
    public void acquired(ExecutionRequest request, Machine machine, Duration acquireTime) {
        synchronized (lock) {
            running.computeIfPresent(request, (_, pending) -> pending.acquired(machine, acquireTime));
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

    public Activity activity() {
        synchronized (lock) {
            return new Activity(
                    ended,
                    uncompleted,
                    running.size(),
                    running.values().stream()
                            .map(TrackedExecution::current)
                            .sorted(Comparator.comparingLong(CurrentExecution::number))
                            .limit(MOST_SHOWN)
                            .toList(),
                    new ArrayList<>(recent),
                    Intervals.LENGTH.toSeconds(),
                    intervals.points());
        }
    }

    private void end(ExecutionRequest request, BiFunction<TrackedExecution, Duration, EndedExecution> how) {
        synchronized (lock) {
            TrackedExecution pending = running.remove(request);
            if (pending == null) {
                return;
            }
            EndedExecution execution = how.apply(pending, Duration.ofNanos(ticker.nanos() - pending.beginNanos()));
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
