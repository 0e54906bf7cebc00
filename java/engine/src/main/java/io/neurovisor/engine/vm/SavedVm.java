package io.neurovisor.engine.vm;

import io.neurovisor.engine.limits.SandboxSize;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A virtual machine that was paused and saved.
 *
 * @param files the files from which it was booted; a clone's devices use the same files
 * @param directory the directory with the files of {@link Vm#save}, whose names only the VMM that wrote them knows
 * @param origin the template and the checkpoint of which this was made for a limited time; checkpoints of its clones fit that
 *     template. Empty for one that is a template itself
 */
public record SavedVm(BootFiles files, SandboxSize size, Path directory, Optional<VmStart.Restore> origin) {
    /** A template. */
    public SavedVm(BootFiles files, SandboxSize size, Path directory) {
        this(files, size, directory, Optional.empty());
    }

    /** Returns the template that the checkpoints of its clones fit. */
    public SavedVm template() {
        return origin.map(VmStart.Restore::saved).orElse(this);
    }

    /** Returns the checkpoint whose pages are part of its memory and not of that of the template. */
    public Optional<Checkpoint> flattened() {
        return origin.flatMap(VmStart.Restore::checkpoint);
    }
}
