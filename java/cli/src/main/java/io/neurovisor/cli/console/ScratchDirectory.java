package io.neurovisor.cli.console;

import io.neurovisor.host.files.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A temporary directory for the socket of a daemon. Closing it deletes the directory with its content. */
public record ScratchDirectory(Path path) implements AutoCloseable {
    public static ScratchDirectory make() {
        try {
            return new ScratchDirectory(Files.createTempDirectory("neurovisor-daemon-"));
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    public Path socket() {
        return path.resolve("s");
    }

    @Override
    public void close() {
        PrivateFiles.delete(path);
    }
}
