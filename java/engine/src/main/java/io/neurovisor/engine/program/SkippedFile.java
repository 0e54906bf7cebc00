package io.neurovisor.engine.program;

/**
 * A file below {@code out/} that was not returned.
 *
 * @param path for people: printable, possibly shortened
 * @param reason the end of a sentence, such as {@code is a symbolic link}
 */
public record SkippedFile(String path, String reason) {}
