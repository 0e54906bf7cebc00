package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.function.BiPredicate;

/**
 * A directory of artifacts with what is still good in it.
 *
 * @param needed whether the artifact of a name, built from an input, would be taken by a start of today
 */
public record StoreContent(Path directory, BiPredicate<String, String> needed) {
    public StoreContent {
        requireNonNull(directory, "directory is null");
        requireNonNull(needed, "needed is null");
    }
}
