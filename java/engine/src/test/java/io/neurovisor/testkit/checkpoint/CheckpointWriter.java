package io.neurovisor.testkit.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * Writes a checkpoint in place of a VMM.
 *
 * @param state the text of the small file
 * @param pageBytes the size of the large one
 */
public record CheckpointWriter(String state, int pageBytes) implements Consumer<Path> {
    public static final String STATE = "state";
    public static final String PAGES = "pages";

    /** Long ago, so that a change of a file changes its time, too, however fast a test is. */
    private static final FileTime WRITTEN = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));

    public static CheckpointWriter of(String state) {
        return new CheckpointWriter(state, 4096);
    }

    @Override
    public void accept(Path directory) {
        try {
            Files.createDirectory(directory);
            Files.writeString(directory.resolve(STATE), state);
            Files.write(directory.resolve(PAGES), new byte[pageBytes]);
            Files.setLastModifiedTime(directory.resolve(PAGES), WRITTEN);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
