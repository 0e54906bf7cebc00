package io.neurovisor.engine.sandbox.report;

import io.neurovisor.engine.sandbox.SandboxRecord;
import java.util.List;

/**
 * Keeps records of sandboxes beyond the end of the process. Its calls may block; the calls for one sandbox follow each
 * other. They throw {@link io.neurovisor.engine.fault.NeuroVisorException} if a record cannot be kept.
 */
public interface SandboxRecords {
    /** Keeps no records. */
    SandboxRecords NONE = new SandboxRecords() {
        @Override
        public void insert(SandboxRecord record) {}

        @Override
        public void update(SandboxRecord record) {}

        @Override
        public List<SandboxRecord> ended() {
            return List.of();
        }
    };

    /** Records a sandbox before it gets a machine. */
    void insert(SandboxRecord record);

    /**
     * Replaces the record with the same id, if there is one: it has a machine or another time-out, is paused, or has ended. It is
     * stored when this returns, because the machine of a paused sandbox is killed then.
     */
    void update(SandboxRecord record);

    /**
     * Makes a lost sandbox a paused one of this process.
     *
     * @param earlier as it was saved
     * @return false if it is not lost any longer, which another process may have changed
     */
    default boolean goBack(SandboxRecord earlier) {
        return true;
    }

    /**
     * Records that a lost sandbox never goes back.
     *
     * @param ended why
     * @return false if another process has let it go back, so that its checkpoint is needed
     */
    default boolean giveUp(SandboxRecord ended) {
        return true;
    }

    /**
     * Returns the records of sandboxes that have ended in the last 24 hours, whatever process they belonged to. A lost one can go
     * back if its checkpoint is kept.
     */
    List<SandboxRecord> ended();

    /**
     * Returns the records of the paused sandboxes of processes that have ended, which belong to this process from now on. A
     * sandbox whose process ended in the middle of a pause or resume is paused if its whole checkpoint has the generation of the
     * record.
     */
    default List<SandboxRecord> paused() {
        return List.of();
    }
}
