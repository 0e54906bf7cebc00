package io.neurovisor.cli;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.files.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A directory for the socket of a daemon of one's own. Closing it removes it with what it holds. */
record ScratchDirectory(Path path) implements AutoCloseable {
    ScratchDirectory {
        requireNonNull(path, "path is null");
    }

    static ScratchDirectory make() {
        try {
            return new ScratchDirectory(Files.createTempDirectory("neurovisor-daemon-"));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    Path socket() {
        return path.resolve("s");
    }

    @Override
    public void close() {
        PrivateFiles.delete(path);
    }
}
