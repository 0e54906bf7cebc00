package io.neurovisor.server.overview;

import java.time.Duration;
import java.util.List;

/**
 * What executions there are and have been.
 *
 * @param ended how many since the daemon's start
 * @param uncompleted how many of those did not end with an exit code of their program's
 * @param running how many there are now
 * @param current the first of them
 * @param recent of those that have ended the last, the very last one first
 * @param intervalSeconds of what each point tells
 * @param points of the last ten minutes, but where nothing has ended
 */
public record Activity(
        long ended,
        long uncompleted,
        int running,
        List<Current> current,
        List<Ended> recent,
        long intervalSeconds,
        List<Point> points) {
    /** How long points are kept. */
    public static final Duration WINDOW = Duration.ofMinutes(10);

    public Activity {
        current = List.copyOf(current);
        recent = List.copyOf(recent);
        points = List.copyOf(points);
    }

    /** The last of those that are known by the trace id; a trace may have several executions. */
    public List<Ended> ended(String traceId) {
        return recent.stream()
                .filter(execution -> execution.traceId().equals(traceId))
                .toList();
    }

    /** Those that run. */
    public List<Current> current(String traceId) {
        return current.stream()
                .filter(execution -> execution.traceId().equals(traceId))
                .toList();
    }
}
