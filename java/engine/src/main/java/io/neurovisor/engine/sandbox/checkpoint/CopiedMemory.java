package io.neurovisor.engine.sandbox.checkpoint;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MemoryHeadroom;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.vm.VmStart;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the copies of a sandbox their memory.
 *
 * @param pool counts what they share
 */
public record CopiedMemory(MachineSaving saving, WarmPool pool) {
    private static final Logger LOG = LoggerFactory.getLogger(CopiedMemory.class);

    /**
     * Returns the start of the copies. If that is of a memory which they share, it is removed when they have ended.
     *
     * @param lent the saved sandbox
     * @param ended completes when the machine of each copy has been killed, however it fared
     */
    public VmStart.Restore start(VmStart.Restore lent, int copies, CompletableFuture<Void> ended) {
        SandboxSize size = lent.saved().size();
        long changedBytes = MachineSaving.bytes(lent.checkpoint().orElseThrow());
        if (ForkMemory.of(copies, changedBytes, size.memoryBytes(), spareBytes(size, copies)) == ForkMemory.SEPARATE) {
            return lent;
        }
        SharedMemory shared;
        try {
            shared = saving.share(lent, changedBytes);
        } catch (NeuroVisorException failure) {
            LOG.warn("the {} copies of a sandbox do not share their memory: {}", copies, failure.getMessage());
            return lent;
        }
        pool.shareMemory(size.memoryBytes());
        CompletableFuture<Void> _ = ended.whenComplete((_, _) -> {
            pool.shareMemory(-size.memoryBytes());
            remove(shared);
        });
        return shared.start();
    }

    private long spareBytes(SandboxSize size, int copies) {
        MemoryHeadroom room = pool.room(size);
        return room.isKnown() ? room.freeBytes() - copies * room.limitBytes() : Long.MAX_VALUE;
    }

    private static void remove(SharedMemory shared) {
        try {
            shared.close();
        } catch (NeuroVisorException failure) {
            LOG.warn("a memory that copies have shared stays until the next gc: {}", failure.getMessage());
        }
    }
}
