package io.neurovisor.server.client.sandbox;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox to be created. What is empty is left to the daemon.
 *
 * @param template the name of an image, or the id or name of a snapshot
 * @param environment of all its processes
 * @param metadata labels by which it can be listed
 * @param directory in which its processes start
 * @param name for people
 * @param pausesOnTimeout whether it is paused when its time-out passes, and not killed
 * @param autoResume whether calls for its processes and files resume it
 * @param idlePause the time after which it is paused when it is idle
 */
public record SandboxRequest(
        Optional<String> template,
        Optional<String> size,
        Optional<Duration> timeout,
        Map<String, String> environment,
        Map<String, String> metadata,
        Optional<String> directory,
        Optional<String> name,
        boolean pausesOnTimeout,
        boolean autoResume,
        Optional<Duration> idlePause) {
    public SandboxRequest {
        environment = Map.copyOf(environment);
        metadata = Map.copyOf(metadata);
    }

    /** A sandbox that is killed when its time-out passes. */
    public SandboxRequest(
            Optional<String> template,
            Optional<String> size,
            Optional<Duration> timeout,
            Map<String, String> environment,
            Map<String, String> metadata,
            Optional<String> directory,
            Optional<String> name) {
        this(template, size, timeout, environment, metadata, directory, name, false, false, Optional.empty());
    }
}
