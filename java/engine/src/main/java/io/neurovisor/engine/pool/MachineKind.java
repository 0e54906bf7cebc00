package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;

/**
 * The kind of machine in which a program runs.
 *
 * @param image the name of the root image
 */
public record MachineKind(String image, SandboxSize size) {
    public MachineKind {
        requireNonNull(image, "image is null");
        requireNonNull(size, "size is null");
    }

    /** Returns a text such as {@code image base, size small}. */
    @Override
    public String toString() {
        return "image " + image + ", size " + size.label();
    }
}
