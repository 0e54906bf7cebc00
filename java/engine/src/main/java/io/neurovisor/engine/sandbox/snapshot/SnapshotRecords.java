package io.neurovisor.engine.sandbox.snapshot;

import io.neurovisor.engine.sandbox.SandboxId;
import java.util.List;

/**
 * Keeps records of snapshots beyond the end of the process. Its calls may block, and throw {@link
 * io.neurovisor.engine.fault.NeuroVisorException} if a record cannot be kept.
 */
public interface SnapshotRecords {
    /** Records a snapshot that is being taken, so that its files are not removed as those of nobody. */
    void begin(Snapshot snapshot);

    /** Records that the snapshot is complete, and its size. */
    void finish(SandboxId id, long bytes);

    /** Removes the record of a snapshot, if there is one. */
    void remove(SandboxId id);

    /** Returns the complete snapshots of an owner, the newest first. */
    List<Snapshot> of(String owner);
}
