package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * How long recorded agent runs are kept.
 *
 * @param maxAge of a session since it was used last; empty for ever
 */
public record SessionsConfig(Optional<Duration> maxAge) {
    public SessionsConfig {
        requireNonNull(maxAge, "maxAge is null");
    }
}
