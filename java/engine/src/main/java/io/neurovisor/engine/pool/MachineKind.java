package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.vm.VmStart;
import java.util.Optional;

/**
 * The kind of machine in which a program or a sandbox runs.
 *
 * @param image the name of the root image
 * @param saved the saved sandbox that the machine continues; empty for a fresh machine. Such a machine is started for one
 *     request, and is never kept ready or leased to another request, because the programs of the sandbox run in it
 * @param copy the id of the copy that it becomes, with names of its own; empty if it continues the saved sandbox itself
 */
public record MachineKind(String image, SandboxSize size, Optional<VmStart.Restore> saved, Optional<String> copy) {
    public MachineKind {
        if (copy.isPresent() && saved.isEmpty()) {
            throw new IllegalArgumentException("a copy of nothing");
        }
    }

    /** A kind of fresh machines. */
    public MachineKind(String image, SandboxSize size) {
        this(image, size, Optional.empty(), Optional.empty());
    }

    /** Returns the kind of the one machine that continues a saved sandbox. */
    public MachineKind continuing(VmStart.Restore saved) {
        return new MachineKind(image, size, Optional.of(saved), Optional.empty());
    }

    /** Returns the kind of the one machine that becomes a copy of a saved sandbox. */
    public MachineKind copying(VmStart.Restore saved, String copy) {
        return new MachineKind(image, size, Optional.of(saved), Optional.of(copy));
    }

    /** Returns the kind of the fresh machines of the same template. */
    public MachineKind fresh() {
        return saved.isEmpty() ? this : new MachineKind(image, size);
    }

    /** Returns whether the machine continues a saved sandbox. */
    public boolean isSaved() {
        return saved.isPresent();
    }

    /** Returns a text such as {@code image base, size small}. */
    @Override
    public String toString() {
        return "image " + image + ", size " + size.label() + (isSaved() ? ", saved" : "");
    }
}
