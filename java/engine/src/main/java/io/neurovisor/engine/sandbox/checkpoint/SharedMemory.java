package io.neurovisor.engine.sandbox.checkpoint;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.vm.VmStart;

/**
 * A memory that the copies of a sandbox share. Its files are removed when it is closed, and with the process.
 *
 * @param start of a machine that shares it; the files must stay until the last of these has been killed
 * @param end removes the files
 */
public record SharedMemory(VmStart.Restore start, Runnable end) implements AutoCloseable {
    public SharedMemory {
        requireNonNull(start, "start is null");
    }

    @Override
    public void close() {
        end.run();
    }
}
