package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The memory of the machines in {@link PoolBooks}.
 *
 * @param totalBytes the memory available to machines while there are none
 */
record BookedMemory(
        long totalBytes,
        Map<Long, MachineKind> starting,
        Map<Long, MachineKind> warm,
        Map<Long, MachineKind> leased,
        Map<Long, MachineKind> ending) {
    /** The memory that a started machine uses. */
    static final long FIRST_BYTES = 1;

    void allMayGrow() {
        long most = warm.values().stream()
                .mapToLong(kind -> kind.isSaved() ? limit(kind.size()) : FIRST_BYTES)
                .sum();
        for (Map<Long, MachineKind> growing : List.of(starting, leased, ending)) {
            most += growing.values().stream()
                    .mapToLong(kind -> limit(kind.size()))
                    .sum();
        }
        assertThat(most).as("bytes at worst").isLessThanOrEqualTo(totalBytes);
    }

    /** Checks that a machine of this kind which is leased may grow. One that continues a sandbox could grow before. */
    void mayGrow(MachineKind leasedKind) {
        if (!leasedKind.isSaved()) {
            allMayGrow();
        }
    }

    long availableBytes() {
        return totalBytes
                - Stream.of(warm, leased, ending)
                        .flatMap(machines -> machines.keySet().stream())
                        .mapToLong(this::residentBytes)
                        .sum();
    }

    /** Returns the memory of a machine; machines that have run have grown by arbitrary amounts. */
    long residentBytes(long slot) {
        MachineKind grown = Optional.ofNullable(leased.get(slot)).orElse(ending.get(slot));
        return grown == null ? FIRST_BYTES : FIRST_BYTES + slot % limit(grown.size());
    }

    static long limit(SandboxSize size) {
        return size.vcpuCount() + 2L;
    }

    long freeBytes() {
        long promised =
                starting.values().stream().mapToLong(kind -> limit(kind.size())).sum();
        for (Map<Long, MachineKind> growing : List.of(warm, leased, ending)) {
            promised += growing.entrySet().stream()
                    .filter(machine -> machine.getValue().isSaved() || !warm.containsKey(machine.getKey()))
                    .mapToLong(machine -> limit(machine.getValue().size()) - residentBytes(machine.getKey()))
                    .sum();
        }
        return availableBytes() - promised;
    }
}
