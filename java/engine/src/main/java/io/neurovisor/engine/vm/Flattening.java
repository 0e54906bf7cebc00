package io.neurovisor.engine.vm;

import java.nio.file.Path;

/** Makes a saved machine of a checkpoint, so that the machines that continue there share all of its memory. */
public interface Flattening {
    /**
     * Writes a saved machine and a checkpoint into one directory. A machine that is restored from these two continues where the
     * checkpoint does. The checkpoint has no memory of its own.
     *
     * @param start the checkpoint, and the machine from a clone of which it was taken
     * @param directory is created, open to this user only; after a failure it may be incomplete
     */
    void flatten(VmStart.Restore start, Path directory, Progress progress);

    /** Receives the progress of the work in another thread; must not block. */
    @FunctionalInterface
    interface Progress {
        /**
         * Reports that more is copied.
         *
         * @param bytes that are copied
         * @param allBytes that are to be copied
         */
        void copied(long bytes, long allBytes);
    }
}
