package io.neurovisor.engine.vm;

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

    /** A copy-on-write clone of a saved machine; the saved files are only read. */
    record Restore(SavedVm saved) implements VmStart {
        @Override
        public BootFiles files() {
            return saved.files();
        }

        @Override
        public Optional<String> template() {
            return Optional.of(String.valueOf(saved.directory().getFileName()));
        }
    }
}
