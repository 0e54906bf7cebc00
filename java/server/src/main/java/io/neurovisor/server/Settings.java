package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.image.KernelChoice;
import java.nio.file.Path;

/**
 * What a NeuroVisor is opened with.
 *
 * @param home where the programs and recipes lie: the root of the repository
 * @param dataDir where images, kernels and templates are kept
 * @param image the root image that guests boot
 * @param kernel which kernel guests boot
 * @param size the size whose template is made ready
 * @param snapshot whether machines are cloned from templates; otherwise each is booted cold
 */
public record Settings(Path home, Path dataDir, String image, KernelChoice kernel, SandboxSize size, boolean snapshot) {
    public Settings {
        requireNonNull(image, "image is null");
        requireNonNull(kernel, "kernel is null");
        requireNonNull(size, "size is null");
        home = home.toAbsolutePath();
        dataDir = dataDir.toAbsolutePath();
    }

    Path guestAgent() {
        return home.resolve("target/x86_64-unknown-linux-gnu/release/neurovisor-guest-agent");
    }

    Path spawner() {
        return home.resolve("target/x86_64-unknown-linux-gnu/release/neurovisor-spawner");
    }

    Path recipe() {
        return home.resolve("guest/image").resolve(image);
    }

    Path probes() {
        return dataDir.resolve("probes.properties");
    }

    Path digests() {
        return dataDir.resolve("digests");
    }

    Path templates() {
        return dataDir.resolve("templates");
    }
}
