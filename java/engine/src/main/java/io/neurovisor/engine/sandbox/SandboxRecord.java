package io.neurovisor.engine.sandbox;

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
 * @param end why it ended; empty while it lives
 * @param endDetail the same for people; may be empty
 */
public record SandboxRecord(
        SandboxId id,
        String owner,
        SandboxSpec spec,
        Instant created,
        Instant ends,
        Optional<VmId> vmId,
        int generation,
        Optional<SandboxEnd> end,
        String endDetail) {}
