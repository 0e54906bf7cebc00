package io.neurovisor.engine.pool;

import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.vm.VmId;
import java.util.concurrent.CompletableFuture;

/** Starts the machines of a pool. */
public interface Machines {
    /** Returns an id that no machine has used. */
    VmId newId();

    /** Makes the template of that kind of fresh machine, unless it exists. Blocks until it is made. */
    void make(MachineKind kind);

    /**
     * Starts a fresh machine, or the one that continues a saved sandbox, which the caller closes. Blocks until it has started or its own time limit has passed.
     *
     * @param id the id of its machine
     */
    Machine open(VmId id, MachineKind kind);

    /** Completes when nothing of that machine is left on the host, whether or not it was opened. */
    CompletableFuture<Void> gone(VmId id);
}
