package io.neurovisor.engine.vm;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * What a stopped clone differed in from its template: the state of its devices and the memory that it had changed. Whole by
 * itself, however often the machine had been restored before.
 *
 * @param directory the directory with the files of {@link Vm#checkpoint}, whose names only the VMM that wrote them knows
 */
public record Checkpoint(Path directory) {
    public Checkpoint {
        requireNonNull(directory, "directory is null");
    }
}
