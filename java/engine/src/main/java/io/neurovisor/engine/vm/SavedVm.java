package io.neurovisor.engine.vm;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import java.nio.file.Path;

/**
 * A virtual machine that was paused and saved.
 *
 * @param files what it had booted from; a clone's devices name the same files
 * @param directory holds what {@link Vm#save} wrote; only the VMM that wrote it knows the file names
 */
public record SavedVm(BootFiles files, SandboxSize size, Path directory) {
    public SavedVm {
        requireNonNull(files, "files is null");
        requireNonNull(size, "size is null");
        requireNonNull(directory, "directory is null");
    }
}
