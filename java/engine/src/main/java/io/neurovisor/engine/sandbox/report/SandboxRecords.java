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

    /** Returns the records of sandboxes that have ended in the last 24 hours, whatever process they belonged to. */
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
