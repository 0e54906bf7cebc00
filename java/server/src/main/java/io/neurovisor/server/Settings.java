package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.server.config.Config;
import java.nio.file.Path;

/**
 * What a NeuroVisor is opened with.
 *
 * @param home where the programs and recipes lie: the root of the repository
 * @param config what the user has set
 */
public record Settings(Path home, Config config) {
    public Settings {
        requireNonNull(config, "config is null");
        home = home.toAbsolutePath();
    }

    Path dataDir() {
        return config.dataDir();
    }

    Path guestAgent() {
        return home.resolve("target/x86_64-unknown-linux-gnu/release/neurovisor-guest-agent");
    }

    Path spawner() {
        return home.resolve("target/x86_64-unknown-linux-gnu/release/neurovisor-spawner");
    }

    Path probes() {
        return dataDir().resolve("probes.properties");
    }

    Path digests() {
        return dataDir().resolve("digests");
    }

    Path images() {
        return dataDir().resolve("images");
    }

    Path templates() {
        return dataDir().resolve("templates");
    }
}
