package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

/** What is logged, and how. */
public record LogConfig(LogLevel level, LogFormat format) {
    public LogConfig {
        requireNonNull(level, "level is null");
        requireNonNull(format, "format is null");
    }
}
