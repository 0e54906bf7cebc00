package io.neurovisor.host.spawner;

import io.neurovisor.proto.spawner.Ebpf;
import java.util.Map;

/**
 * The state of the eBPF programs and their counters over all VMMs since the spawner started.
 *
 * @param problem why they are not in force; empty if they are
 * @param trackedPids the number of tracked processes and threads of VMMs
 * @param executed the number of programs that VMMs executed
 * @param blocked the number of blocked attempts by the name of the kernel's hook
 * @param calls the number of system calls by their number
 * @param unusualCalls the number of calls by sealed VMMs that are not expected of their kind
 */
public record EbpfCounts(
        String problem,
        long trackedPids,
        long executed,
        Map<String, Long> blocked,
        Map<Integer, Long> calls,
        long unusualCalls) {
    public EbpfCounts {
        blocked = Map.copyOf(blocked);
        calls = Map.copyOf(calls);
    }

    static EbpfCounts of(Ebpf message) {
        return new EbpfCounts(
                message.getProblem(),
                message.getTrackedPids(),
                message.getExecuted(),
                message.getBlockedMap(),
                message.getCallsMap(),
                message.getUnusualCalls());
    }
}
