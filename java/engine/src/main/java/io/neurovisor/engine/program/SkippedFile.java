package io.neurovisor.engine.program;

import static java.util.Objects.requireNonNull;

/**
 * Something below {@code out/} that did not come home.
 *
 * @param path for people: printable, possibly shortened
 * @param reason the end of a sentence, such as {@code is a symbolic link}
 */
public record SkippedFile(String path, String reason) {
    public SkippedFile {
        requireNonNull(path, "path is null");
        requireNonNull(reason, "reason is null");
    }
}
