package io.neurovisor.engine.file;

/** The type of a directory entry. */
public enum FileType {
    FILE,
    DIRECTORY,
    SYMLINK,
    /** A FIFO, socket or device, which can be neither read nor written. */
    OTHER
}
