package io.neurovisor.engine.program;

import static java.util.Objects.requireNonNull;

/**
 * A file below {@code out/} that was not returned.
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
