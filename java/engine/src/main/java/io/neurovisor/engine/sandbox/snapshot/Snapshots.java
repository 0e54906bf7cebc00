package io.neurovisor.engine.sandbox.snapshot;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxOwner;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.Sandboxes;
import io.neurovisor.engine.sandbox.checkpoint.MachineSaving;
import io.neurovisor.engine.time.Deadline;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The snapshots of clients. Safe for use by many threads. A snapshot of another owner is treated as one that does not exist.
 *
 * @param saving keeps the checkpoints that they are
 */
public record Snapshots(
        Sandboxes sandboxes,
        MachineSaving saving,
        SnapshotRecords records,
        InstantSource clock,
        RandomGenerator strongRandom) {
    /** Of one owner. Their size is limited by that of all checkpoints. */
    static final int MOST = 100;

    /**
     * Takes a snapshot of a sandbox that runs or is paused, and returns it when it is complete. One that runs stands still while
     * its memory is read, and runs on.
     *
     * @param name may be empty
     * @param deadline the time until which the caller waits
     */
    public Snapshot take(SandboxId source, SandboxOwner owner, String name, Deadline deadline) {
        Sandbox sandbox = sandboxes
                .find(source, owner.name())
                .orElseGet(() -> sandboxes.require(source, owner)); // Throws the exception that says what it lacks.
        Snapshot snapshot = new Snapshot(
                SandboxId.random(strongRandom),
                owner.name(),
                name,
                source,
                sandbox.record().spec().kind(),
                clock.instant().truncatedTo(ChronoUnit.MILLIS),
                0);
        if (records.of(owner.name()).size() >= MOST) {
            throw new NeuroVisorException(
                    Fault.SANDBOX_QUOTA,
                    "%s has %d snapshots, as many as a client may keep; delete one".formatted(owner.name(), MOST));
        }
        records.begin(snapshot);
        try {
            sandboxes.snapshot(source, owner, snapshot.id(), deadline);
        } catch (RuntimeException | Error failure) {
            // One that is still being taken has no record then, and the next sweep removes it.
            records.remove(snapshot.id());
            saving.delete(snapshot.id());
            throw failure;
        }
        records.finish(snapshot.id(), saving.bytes(snapshot.id()));
        return require(snapshot.id().value(), owner.name());
    }

    /** Returns the snapshots of an owner, the newest first. */
    public List<Snapshot> list(String owner) {
        return records.of(owner);
    }

    /**
     * Returns a snapshot of an owner.
     *
     * @param text its id, or its name
     */
    public Snapshot require(String text, String owner) {
        List<Snapshot> own = records.of(owner);
        return own.stream()
                .filter(snapshot -> snapshot.id().value().equals(text))
                .findFirst()
                .or(() -> own.stream()
                        .filter(snapshot -> snapshot.name().equals(text))
                        .findFirst())
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.SNAPSHOT_UNKNOWN,
                        "no snapshot has the id or name " + text + "; ./neurovisor sandbox snapshots lists them"));
    }

    /**
     * Creates a sandbox that begins where a snapshot was taken, with names and randomness of its own.
     *
     * @param spec of the kind of the snapshot
     * @param deadline the time until which the caller waits
     */
    public Sandbox create(Snapshot snapshot, SandboxSpec spec, SandboxOwner owner, Deadline deadline) {
        return sandboxes.create(spec, saving.snapshot(snapshot.id()), owner, deadline);
    }

    /** Deletes a snapshot; sandboxes that began from it live on. Returns false if there was none. */
    public boolean delete(SandboxId id, String owner) {
        boolean isThere =
                records.of(owner).stream().anyMatch(snapshot -> snapshot.id().equals(id));
        if (isThere) {
            records.remove(id);
            saving.delete(id);
        }
        return isThere;
    }
}
