package io.neurovisor.engine.sandbox.checkpoint;

import io.neurovisor.engine.vm.Checkpoint;
import java.nio.file.Path;

/** Writes a checkpoint where a {@link CheckpointStore} keeps it. */
@FunctionalInterface
public interface CheckpointWriter {
    /**
     * Writes the checkpoint into a new directory within this one. If this throws, nothing of it is kept.
     *
     * @param directory is empty and open to this user only
     */
    Checkpoint write(Path directory);
}
