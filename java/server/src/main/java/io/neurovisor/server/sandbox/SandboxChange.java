package io.neurovisor.server.sandbox;

import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import java.time.Instant;
import java.util.Optional;

/**
 * An event of a sandbox for watchers.
 *
 * @param end why it ended; present only for {@code ENDED}
 */
public record SandboxChange(Instant time, SandboxId id, Kind kind, Optional<SandboxEnd> end) {
    /** What has happened. */
    public enum Kind {
        CREATED,
        TIMEOUT_SET,
        PAUSED,
        RESUMED,
        FORKED,
        ENDED
    }
}
