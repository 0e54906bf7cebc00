package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * The requests that wait for a machine. Claimants take turns: the claimant whose last turn was the longest ago comes first.
 * The requests of one claimant are served in the order of their arrival.
 */
final class FairQueue {
    /** The longest time for which later requests are served while an earlier one waits for memory. */
    static final Duration LONGEST_BYPASS = Duration.ofSeconds(5);

    private final Map<Long, Waiting> waiting = new TreeMap<>();
    private final Map<Long, Long> shortSinceNanos = new HashMap<>();
    private final Map<Claimant, Long> lastTurns = new HashMap<>();
    private long turns;
    private long lastTicket;

    /** A request that waits for a machine. */
    record Waiting(long ticket, MachineKind kind, Claimant claimant) {}

    /** Adds a request and returns its ticket; empty if its client has as many waiting requests as its share allows. */
    OptionalLong add(MachineKind kind, Claimant claimant) {
        if (claimant.share().waiting().isPresent()
                && countOfClient(claimant.name()) >= claimant.share().waiting().get()) {
            return OptionalLong.empty();
        }
        waiting.put(++lastTicket, new Waiting(lastTicket, kind, claimant));
        return OptionalLong.of(lastTicket);
    }

    /** Removes a request without serving it; returns false if it does not wait. */
    boolean remove(long ticket) {
        shortSinceNanos.remove(ticket);
        boolean removed = waiting.remove(ticket) != null;
        if (waiting.isEmpty()) {
            lastTurns.clear(); // No claimant is left to whom an earlier turn would be unfair.
        }
        return removed;
    }

    boolean contains(long ticket) {
        return waiting.containsKey(ticket);
    }

    /** Removes a request that has received a machine, and counts this as its claimant's turn. */
    void serve(Waiting request) {
        lastTurns.put(request.claimant(), ++turns);
        boolean _ = remove(request.ticket());
    }

    /** Removes the requests of these claimants and returns their tickets in the order of arrival. */
    List<Long> removeAll(Predicate<Claimant> claimants) {
        List<Long> tickets = waiting.values().stream()
                .filter(request -> claimants.test(request.claimant()))
                .map(Waiting::ticket)
                .toList();
        tickets.forEach(this::remove);
        return tickets;
    }

    int size() {
        return waiting.size();
    }

    /** Returns the number of requests of a client: for its programs and for its sandboxes. */
    int countOfClient(String name) {
        return (int) waiting.values().stream()
                .filter(request -> request.claimant().name().equals(name))
                .count();
    }

    /** Records that there is not enough memory for a request. */
    void becameShort(Waiting request, long nowNanos) {
        shortSinceNanos.putIfAbsent(request.ticket(), nowNanos);
    }

    /** Records that a request waits for a machine that is being started. */
    void becameExpected(Waiting request) {
        shortSinceNanos.remove(request.ticket());
    }

    /** Returns whether memory was short when the request was last examined. */
    boolean isShort(Waiting request) {
        return shortSinceNanos.containsKey(request.ticket());
    }

    /** Returns whether the request has waited for memory so long that later requests may no longer pass it. */
    boolean isOverdue(Waiting request, long nowNanos) {
        Long sinceNanos = shortSinceNanos.get(request.ticket());
        return sinceNanos != null && nowNanos - sinceNanos > LONGEST_BYPASS.toNanos();
    }

    /**
     * Begins a pass over the requests of all claimants whose share allows another machine.
     *
     * @param machines returns the number of machines that a claimant holds
     * @param sandboxes the number of machines that may still be leased for sandboxes
     */
    RoundRobin turns(ToIntFunction<Claimant> machines, int sandboxes) {
        Map<Claimant, List<Waiting>> byClaimant = new LinkedHashMap<>();
        waiting.values()
                .forEach(request -> byClaimant
                        .computeIfAbsent(request.claimant(), _ -> new ArrayList<>())
                        .add(request));
        List<Claimant> order = byClaimant.keySet().stream()
                .sorted(Comparator.comparing(claimant -> lastTurns.getOrDefault(claimant, 0L)))
                .toList();
        RoundRobin pass = new RoundRobin(sandboxes);
        for (Claimant claimant : order) {
            int most = claimant.share().machines().orElse(Integer.MAX_VALUE);
            pass.add(claimant, requireNonNull(byClaimant.get(claimant)), most - machines.applyAsInt(claimant));
        }
        return pass;
    }
}
