package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

/** What is logged. */
public record LogConfig(LogLevel level) {
    public LogConfig {
        requireNonNull(level, "level is null");
    }
}
