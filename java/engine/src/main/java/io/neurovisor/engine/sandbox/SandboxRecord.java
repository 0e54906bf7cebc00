package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.vm.VmId;
import java.time.Instant;
import java.util.Optional;

/**
 * A sandbox as it is recorded.
 *
 * @param owner the name of the claimant that created it
 * @param spec without the values of the environment
 * @param ends the time at which its time-out passes, or at which it ended
 * @param vmId its machine, or the last one that it had
 * @param generation the number of machines that it has had
 * @param pause why it is paused; empty unless it lives and its current state is that of a whole checkpoint
 * @param end why it ended; empty while it lives
 * @param endDetail the same for people; may be empty
 * @param older the checkpoint of an earlier state, to which a lost sandbox can go back; empty if none is kept
 */
public record SandboxRecord(
        SandboxId id,
        String owner,
        SandboxSpec spec,
        Instant created,
        Instant ends,
        Optional<VmId> vmId,
        int generation,
        Optional<PauseReason> pause,
        Optional<SandboxEnd> end,
        String endDetail,
        Optional<SandboxCheckpoint> older) {
    /** A sandbox that cannot go back. */
    public SandboxRecord(
            SandboxId id,
            String owner,
            SandboxSpec spec,
            Instant created,
            Instant ends,
            Optional<VmId> vmId,
            int generation,
            Optional<PauseReason> pause,
            Optional<SandboxEnd> end,
            String endDetail) {
        this(id, owner, spec, created, ends, vmId, generation, pause, end, endDetail, Optional.empty());
    }

    /** A sandbox that is not paused. */
    public SandboxRecord(
            SandboxId id,
            String owner,
            SandboxSpec spec,
            Instant created,
            Instant ends,
            Optional<VmId> vmId,
            int generation,
            Optional<SandboxEnd> end,
            String endDetail) {
        this(id, owner, spec, created, ends, vmId, generation, Optional.empty(), end, endDetail);
    }

    /** Returns the record of a lost sandbox that can go back to a checkpoint. */
    public SandboxRecord withOlder(SandboxCheckpoint checkpoint) {
        return new SandboxRecord(
                id, owner, spec, created, ends, vmId, generation, pause, end, endDetail, Optional.of(checkpoint));
    }

    public boolean isPaused() {
        return pause.isPresent();
    }

    /** Returns whether a call for its processes or files resumes it while it is paused. */
    public boolean isResumedByCalls() {
        return spec.autoResume() || pause.equals(Optional.of(PauseReason.SHUTDOWN));
    }
}
