package io.neurovisor.engine.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The machines in {@link PoolBooks} that continue saved sandboxes.
 *
 * @param machines by their phases
 * @param startedFor the requests for which they were started
 */
record BookedSandboxes(List<Map<Long, MachineKind>> machines, Map<Long, Long> startedFor) {
    /** Returns whether a machine continues the saved sandbox. */
    boolean isContinued(MachineKind kind) {
        return kind.isSaved() && machines.stream().anyMatch(phase -> phase.containsValue(kind));
    }

    /** Returns whether a machine continues a saved sandbox for which none of these requests waits. */
    boolean isUnclaimed(Map.Entry<Long, MachineKind> machine, Set<Long> waiting) {
        return machine.getValue().isSaved()
                && !waiting.contains(Objects.requireNonNull(startedFor.get(machine.getKey())));
    }

    void checkStart(PoolAction.Start start) {
        assertThat(isContinued(start.kind()))
                .as("a second one of a saved sandbox")
                .isFalse();
    }

    void checkWarm(Map<Long, MachineKind> warm, Set<Long> waiting) {
        assertThat(warm.entrySet())
                .as("for a request that gave up")
                .noneMatch(machine -> isUnclaimed(machine, waiting));
    }

    void checkGrant(PoolAction.Grant grant, MachineKind kind) {
        if (kind.isSaved()) {
            assertThat(grant.ticket()).as("the one for which it was started").isEqualTo(startedFor.get(grant.slot()));
        }
    }
}
