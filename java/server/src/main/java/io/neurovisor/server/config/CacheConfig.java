package io.neurovisor.server.config;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What the things that can be made again may take.
 *
 * @param max of all images, kernels and templates on disk; empty for no limit
 */
public record CacheConfig(Optional<DataSize> max) {
    public CacheConfig {
        requireNonNull(max, "max is null");
    }
}
