package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/**
 * The requests that wait for a machine. Claimants take turns: the one whose last turn was the longest ago comes first. The
 * requests of one claimant are served in the order in which they came.
 */
final class FairQueue {
    /** How long later requests may be served while an earlier one waits for memory. */
    static final Duration LONGEST_BYPASS = Duration.ofSeconds(5);

    private final Map<Long, Waiting> waiting = new TreeMap<>();
    private final Map<Long, Long> shortSinceNanos = new HashMap<>();
    private final Map<Claimant, Long> lastTurns = new HashMap<>();
    private long turns;

    /** A request without a machine. */
    record Waiting(long ticket, MachineKind kind, Claimant claimant) {
        Waiting {
            requireNonNull(kind, "kind is null");
            requireNonNull(claimant, "claimant is null");
        }
    }

    /** Adds a request; returns false when its claimant has as many that wait as it may have. */
    boolean add(Waiting request) {
        Claimant claimant = request.claimant();
        if (claimant.share().waiting().isPresent()
                && count(claimant) >= claimant.share().waiting().get()) {
            return false;
        }
        waiting.put(request.ticket(), request);
        return true;
    }

    /** Removes a request that is no longer to be served; returns false when there is none. */
    boolean remove(long ticket) {
        shortSinceNanos.remove(ticket);
        boolean removed = waiting.remove(ticket) != null;
        if (waiting.isEmpty()) {
            lastTurns.clear(); // Nobody is left to whom an earlier turn would be unfair.
        }
        return removed;
    }

    /** Removes a request that has got a machine, which was its claimant's turn. */
    void serve(Waiting request) {
        lastTurns.put(request.claimant(), ++turns);
        boolean _ = remove(request.ticket());
    }

    /** Removes all requests; returns their tickets in the order in which they came. */
    List<Long> clear() {
        List<Long> tickets = List.copyOf(waiting.keySet());
        tickets.forEach(this::remove);
        return tickets;
    }

    int size() {
        return waiting.size();
    }

    int count(Claimant claimant) {
        return (int) waiting.values().stream()
                .filter(request -> request.claimant().equals(claimant))
                .count();
    }

    /** Notes that the memory for a request is missing. */
    void becameShort(Waiting request, long nowNanos) {
        shortSinceNanos.putIfAbsent(request.ticket(), nowNanos);
    }

    /** Notes that a request waits for a machine that is being started. */
    void becameExpected(Waiting request) {
        shortSinceNanos.remove(request.ticket());
    }

    /** Returns whether memory was missing when the request was last looked at. */
    boolean isShort(Waiting request) {
        return shortSinceNanos.containsKey(request.ticket());
    }

    /** Returns whether the request has waited for memory for so long that no later one may be served before it. */
    boolean isOverdue(Waiting request, long nowNanos) {
        Long sinceNanos = shortSinceNanos.get(request.ticket());
        return sinceNanos != null && nowNanos - sinceNanos > LONGEST_BYPASS.toNanos();
    }

    /**
     * Begins a pass over the requests of all claimants that may have one more machine.
     *
     * @param machines how many a claimant has
     */
    RoundRobin turns(ToIntFunction<Claimant> machines) {
        Map<Claimant, List<Waiting>> byClaimant = new LinkedHashMap<>();
        waiting.values()
                .forEach(request -> byClaimant
                        .computeIfAbsent(request.claimant(), _ -> new ArrayList<>())
                        .add(request));
        List<Claimant> order = byClaimant.keySet().stream()
                .sorted(Comparator.comparing(claimant -> lastTurns.getOrDefault(claimant, 0L)))
                .toList();
        RoundRobin pass = new RoundRobin();
        for (Claimant claimant : order) {
            int most = claimant.share().machines().orElse(Integer.MAX_VALUE);
            pass.add(requireNonNull(byClaimant.get(claimant)), most - machines.applyAsInt(claimant));
        }
        return pass;
    }
}
