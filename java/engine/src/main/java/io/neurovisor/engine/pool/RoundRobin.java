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
 * The claimants for sandboxes share a limit on their turns.
 */
final class RoundRobin {
    private final PriorityQueue<Requests> claimants = new PriorityQueue<>(
            Comparator.<Requests>comparingInt(requests -> requests.taken).thenComparingInt(requests -> requests.place));

    private Optional<Requests> current = Optional.empty();
    private int places;
    private int sandboxesLeft;

    /** @param sandboxes the most turns for sandboxes in this pass */
    RoundRobin(int sandboxes) {
        this.sandboxesLeft = sandboxes;
    }

    /** The requests of one claimant in this pass. */
    private static final class Requests {
        private final Claimant claimant;
        private final int place;
        private final Iterator<Waiting> remaining;
        private final int most;
        private int taken;

        Requests(Claimant claimant, int place, Iterator<Waiting> remaining, int most) {
            this.claimant = claimant;
            this.place = place;
            this.remaining = remaining;
            this.most = most;
        }
    }

    /** Adds the requests of one claimant, which takes at most that many turns. */
    void add(Claimant claimant, List<Waiting> requests, int most) {
        claimants.add(new Requests(claimant, places++, requests.iterator(), most));
    }

    /** Returns the next request; empty at the end of the pass. */
    Optional<Waiting> next() {
        current.ifPresent(claimants::add);
        do {
            current = Optional.ofNullable(claimants.poll());
        } while (current.filter(requests -> !hasNext(requests)).isPresent());
        return current.map(requests -> requests.remaining.next());
    }

    private boolean hasNext(Requests requests) {
        return requests.taken < requests.most
                && (sandboxesLeft > 0 || !requests.claimant.forSandboxes())
                && requests.remaining.hasNext();
    }

    /** Counts a turn for the claimant of the request that was returned last. */
    void take() {
        current.ifPresent(requests -> {
            requests.taken++;
            sandboxesLeft -= requests.claimant.forSandboxes() ? 1 : 0;
        });
    }

    /** Skips the remaining requests of the claimant of the request that was returned last. */
    void skipClaimant() {
        current = Optional.empty();
    }
}
