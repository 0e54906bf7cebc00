package io.neurovisor.cli;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

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
        try (Stream<Path> files = Files.list(path)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(path);
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }
}
