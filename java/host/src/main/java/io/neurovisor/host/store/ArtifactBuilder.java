package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** Builds the files of an artifact. */
@FunctionalInterface
public interface ArtifactBuilder {
    /**
     * Fills an empty private directory. Called by one builder at a time for the name of an artifact.
     *
     * @return the artifact's directory name, such as {@code base-3f2a91c04d77}: letters, digits, dots, dashes, plus
     *     signs
     */
    String build(Path emptyDirectory);

    /** Returns the directory of the store, for messages to users: the directory that is being filled has a temporary name. */
    static Path store(Path emptyDirectory) {
        return requireNonNull(emptyDirectory.getParent(), "parent is null");
    }
}
