package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * Something on disk that nobody needs.
 *
 * @param reason why, in a few words
 * @param bytes what it takes on disk
 */
public record UnusedPath(Path path, String reason, long bytes) {
    public UnusedPath {
        requireNonNull(path, "path is null");
        requireNonNull(reason, "reason is null");
    }
}
