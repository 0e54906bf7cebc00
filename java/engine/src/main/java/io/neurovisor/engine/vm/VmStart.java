package io.neurovisor.engine.vm;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import java.nio.file.Path;
import java.util.Optional;

/** The ways to start a virtual machine. */
public sealed interface VmStart {
    /** Returns the files from which the guest boots or has booted. */
    BootFiles files();

    /** Returns the name of the template of which it is a clone; empty for a boot. */
    default Optional<String> template() {
        return Optional.empty();
    }

    /** A boot of the kernel with private memory. */
    record ColdBoot(BootFiles files, SandboxSize size) implements VmStart {}

    /** A boot whose memory is a file in {@code directory}, so that {@link Vm#save} can make a template of it. */
    record TemplateBoot(BootFiles files, SandboxSize size, Path directory) implements VmStart {}

    /**
     * A copy-on-write clone of a saved machine; the saved files are only read.
     *
     * @param checkpoint a checkpoint of another clone of the same machine, where the new one continues; without one it begins
     *     where the machine was saved
     */
    record Restore(SavedVm saved, Optional<Checkpoint> checkpoint) implements VmStart {
        public Restore {
            requireNonNull(saved, "saved is null");
            requireNonNull(checkpoint, "checkpoint is null");
        }

        public Restore(SavedVm saved) {
            this(saved, Optional.empty());
        }

        @Override
        public BootFiles files() {
            return saved.files();
        }

        @Override
        public Optional<String> template() {
            return Optional.of(String.valueOf(saved.template().directory().getFileName()));
        }
    }
}
