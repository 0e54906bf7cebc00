package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;

/**
 * The kind of machine in which a program runs.
 *
 * @param image the name of the root image
 */
public record MachineKind(String image, SandboxSize size) {
    /** Returns a text such as {@code image base, size small}. */
    @Override
    public String toString() {
        return "image " + image + ", size " + size.label();
    }
}
