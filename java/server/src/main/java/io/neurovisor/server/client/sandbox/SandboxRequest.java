package io.neurovisor.server.client.sandbox;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox to be created. What is empty is left to the daemon.
 *
 * @param template the name of an image
 * @param environment of all its processes
 * @param metadata labels by which it can be listed
 * @param directory in which its processes start
 * @param name for people
 */
public record SandboxRequest(
        Optional<String> template,
        Optional<String> size,
        Optional<Duration> timeout,
        Map<String, String> environment,
        Map<String, String> metadata,
        Optional<String> directory,
        Optional<String> name) {
    public SandboxRequest {
        environment = Map.copyOf(environment);
        metadata = Map.copyOf(metadata);
    }
}
