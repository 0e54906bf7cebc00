package io.neurovisor.engine.file;

/** A change below a watched directory; paths are relative to it. */
public sealed interface FileEvent {
    record Created(String path) implements FileEvent {}

    record Written(String path) implements FileEvent {}

    record Removed(String path) implements FileEvent {}

    /** Renamed within the directory. */
    record Renamed(String path, String to) implements FileEvent {}

    record AttributesChanged(String path) implements FileEvent {}

    /** Events were lost: the directory must be read again. */
    record Overflow() implements FileEvent {}
}
