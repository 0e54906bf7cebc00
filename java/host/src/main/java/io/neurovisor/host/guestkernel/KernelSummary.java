package io.neurovisor.host.guestkernel;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A built kernel, for display.
 *
 * @param release the release as {@code uname -r} prints it
 * @param digest SHA-256 of the kernel's file
 * @param boots whether guests boot it
 * @param problem why it is not used; empty if it can be used
 */
public record KernelSummary(
        GuestKernel kernel,
        String release,
        String digest,
        long sizeBytes,
        Instant created,
        Path directory,
        boolean boots,
        Optional<String> problem) {}
