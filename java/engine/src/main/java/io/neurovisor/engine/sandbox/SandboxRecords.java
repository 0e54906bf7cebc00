package io.neurovisor.engine.sandbox;

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

    /** Replaces the record with the same id, if there is one: it has a machine, another time-out, or has ended. */
    void update(SandboxRecord record);

    /** Returns the records of sandboxes that have ended in the last 24 hours, whatever process they belonged to. */
    List<SandboxRecord> ended();
}
