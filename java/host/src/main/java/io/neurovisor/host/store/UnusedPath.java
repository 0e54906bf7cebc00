package io.neurovisor.host.store;

import java.nio.file.Path;

/**
 * A path on disk that is not needed.
 *
 * @param reason the reason in a few words
 * @param bytes its size on disk
 */
public record UnusedPath(Path path, String reason, long bytes) {}
