package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import io.neurovisor.proto.spawner.Ebpf;
import java.util.Map;

/**
 * How the eBPF programs stand, with what they have counted of all VMMs since the spawner began.
 *
 * @param problem why they are not at work; empty when they are
 * @param trackedPids processes and threads of VMMs that are watched
 * @param executed programs
 * @param blocked by the hook's name in the kernel
 * @param calls by the number of the system call
 * @param unusualCalls of sealed VMMs, which such VMMs are not known for
 */
public record EbpfCounts(
        String problem,
        long trackedPids,
        long executed,
        Map<String, Long> blocked,
        Map<Integer, Long> calls,
        long unusualCalls) {
    public EbpfCounts {
        requireNonNull(problem, "problem is null");
        blocked = Map.copyOf(blocked);
        calls = Map.copyOf(calls);
    }

    static EbpfCounts of(Ebpf told) {
        return new EbpfCounts(
                told.getProblem(),
                told.getTrackedPids(),
                told.getExecuted(),
                told.getBlockedMap(),
                told.getCallsMap(),
                told.getUnusualCalls());
    }
}
