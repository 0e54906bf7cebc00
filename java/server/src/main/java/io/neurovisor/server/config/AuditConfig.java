package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What the record of who has had what executed may take.
 *
 * @param max of all its files, the oldest of which are removed; empty for no limit
 */
public record AuditConfig(Optional<DataSize> max) {
    public AuditConfig {
        requireNonNull(max, "max is null");
    }
}
