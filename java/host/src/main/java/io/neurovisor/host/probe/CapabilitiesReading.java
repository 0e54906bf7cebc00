package io.neurovisor.host.probe;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeSet;

/**
 * Layer 1: the privileges of a VMM.
 *
 * @param ourUid the uid of the process that reads
 */
record CapabilitiesReading(OptionalLong ourUid, VmmConfinement confinement) {
    LayerState read(List<ThreadStatus> threads) {
        TreeSet<String> problems = new TreeSet<>();
        for (ThreadStatus thread : threads) {
            problems.addAll(thread.capabilities(confinement.boundingSet()));
            if (!thread.hasNoNewPrivileges()) {
                problems.add("no_new_privs is not set");
            }
            if (thread.uid().isEmpty()) {
                problems.add("its uids differ");
            } else if (thread.uid().equals(ourUid) && isRoot()) {
                problems.add("runs as root");
            }
        }
        return problems.isEmpty()
                ? LayerState.live(
                        Layer.CAPABILITIES,
                        sets(threads) + ", no_new_privs, "
                                + account(threads.getFirst().uid()))
                : LayerState.broken(Layer.CAPABILITIES, String.join("; ", problems), VmmLayers.DEFECT);
    }

    private static String sets(List<ThreadStatus> threads) {
        boolean empty =
                threads.stream().allMatch(thread -> thread.capabilities(0).isEmpty());
        return empty
                ? "all capability sets are empty"
                : "capability sets are empty but the bounding set, which has no effect";
    }

    private boolean isRoot() {
        return ourUid.orElse(0) == 0;
    }

    private String account(OptionalLong uid) {
        return "uid " + uid.orElseThrow() + (uid.equals(ourUid) ? ", this user's own" : "");
    }
}
