package io.neurovisor.engine.pool;

import io.neurovisor.engine.pool.FairQueue.Waiting;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * One pass over the requests that wait. The claimant that has taken the fewest turns in this pass is next; claimants that
 * have taken as many keep the order in which they were added. As long as no turn is taken, the requests of one claimant
 * follow each other.
 */
final class RoundRobin {
    private final PriorityQueue<Line> lines = new PriorityQueue<>(
            Comparator.<Line>comparingInt(line -> line.taken).thenComparingInt(line -> line.place));

    private Optional<Line> current = Optional.empty();
    private int places;

    /** The requests of one claimant. */
    private static final class Line {
        private final int place;
        private final Iterator<Waiting> requests;
        private final int most;
        private int taken;

        Line(int place, Iterator<Waiting> requests, int most) {
            this.place = place;
            this.requests = requests;
            this.most = most;
        }

        boolean hasNext() {
            return taken < most && requests.hasNext();
        }
    }

    /** Adds the requests of one claimant, which may take so many turns at most. */
    void add(List<Waiting> requests, int most) {
        Line line = new Line(places++, requests.iterator(), most);
        if (line.hasNext()) {
            lines.add(line);
        }
    }

    /** Returns the next request; empty at the end. */
    Optional<Waiting> next() {
        current.filter(Line::hasNext).ifPresent(lines::add);
        current = Optional.ofNullable(lines.poll());
        return current.map(line -> line.requests.next());
    }

    /** The claimant of the request that was returned last has taken a turn. */
    void take() {
        current.ifPresent(line -> line.taken++);
    }

    /** The later requests of the claimant of the request that was returned last are left out. */
    void skipLine() {
        current = Optional.empty();
    }
}
