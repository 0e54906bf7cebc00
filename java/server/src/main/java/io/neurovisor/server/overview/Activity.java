package io.neurovisor.server.overview;

import java.time.Duration;
import java.util.List;

/**
 * The current and the recent executions.
 *
 * @param ended the number since the daemon's start
 * @param uncompleted the number of those that did not end with an exit code
 * @param running the number of current executions
 * @param current the oldest of them
 * @param recent the last that have ended, the latest first
 * @param intervalSeconds the length of each point's interval
 * @param points of the last ten minutes, without intervals in which nothing ended
 */
public record Activity(
        long ended,
        long uncompleted,
        int running,
        List<CurrentExecution> current,
        List<EndedExecution> recent,
        long intervalSeconds,
        List<Point> points) {
    public static final Duration WINDOW = Duration.ofMinutes(10);

    public Activity {
        current = List.copyOf(current);
        recent = List.copyOf(recent);
        points = List.copyOf(points);
    }

    /** Returns the recent executions of a trace, which may have several. */
    public List<EndedExecution> ended(String traceId) {
        return recent.stream()
                .filter(execution -> execution.traceId().equals(traceId))
                .toList();
    }

    public List<CurrentExecution> current(String traceId) {
        return current.stream()
                .filter(execution -> execution.traceId().equals(traceId))
                .toList();
    }
}
