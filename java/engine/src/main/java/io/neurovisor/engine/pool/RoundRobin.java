package io.neurovisor.engine.pool;

import io.neurovisor.engine.pool.FairQueue.Waiting;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * One pass over the waiting requests. The claimant that has taken the fewest turns in this pass is next; claimants with equally
 * many turns keep the order in which they were added. Until a turn is taken, the requests of one claimant follow each other.
 */
final class RoundRobin {
    private final PriorityQueue<Requests> claimants = new PriorityQueue<>(
            Comparator.<Requests>comparingInt(requests -> requests.taken).thenComparingInt(requests -> requests.place));

    private Optional<Requests> current = Optional.empty();
    private int places;

    /** The requests of one claimant in this pass. */
    private static final class Requests {
        private final int place;
        private final Iterator<Waiting> remaining;
        private final int most;
        private int taken;

        Requests(int place, Iterator<Waiting> remaining, int most) {
            this.place = place;
            this.remaining = remaining;
            this.most = most;
        }

        boolean hasNext() {
            return taken < most && remaining.hasNext();
        }
    }

    /** Adds the requests of one claimant, which takes at most that many turns. */
    void add(List<Waiting> requests, int most) {
        Requests added = new Requests(places++, requests.iterator(), most);
        if (added.hasNext()) {
            claimants.add(added);
        }
    }

    /** Returns the next request; empty at the end of the pass. */
    Optional<Waiting> next() {
        current.filter(Requests::hasNext).ifPresent(claimants::add);
        current = Optional.ofNullable(claimants.poll());
        return current.map(requests -> requests.remaining.next());
    }

    /** Counts a turn for the claimant of the request that was returned last. */
    void take() {
        current.ifPresent(requests -> requests.taken++);
    }

    /** Skips the remaining requests of the claimant of the request that was returned last. */
    void skipClaimant() {
        current = Optional.empty();
    }
}
