package io.neurovisor.engine.file;

/** How a file is written. */
public sealed interface WriteMode {
    /** To a temporary name that is then renamed, so that readers see the old file or the new one. */
    record Replace() implements WriteMode {}

    record Append() implements WriteMode {}

    /** Fails if the file exists. */
    record CreateNew() implements WriteMode {}

    /** Overwrites bytes of an existing file from {@code offset} on. */
    record Range(long offset) implements WriteMode {}
}
