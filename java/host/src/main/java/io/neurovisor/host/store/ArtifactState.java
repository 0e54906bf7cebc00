package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** What is known about an artifact without building anything. */
public sealed interface ArtifactState {
    /** Built from the wanted input, and all files are those that were built. */
    record Ready(Artifact artifact) implements ArtifactState {
        public Ready {
            requireNonNull(artifact, "artifact is null");
        }
    }

    /** Never built, or removed. */
    record Missing() implements ArtifactState {}

    /** Built from another input. */
    record Outdated(Path directory) implements ArtifactState {
        public Outdated {
            requireNonNull(directory, "directory is null");
        }
    }

    /** Built, but no longer what was built. */
    record Damaged(Path directory, String problem) implements ArtifactState {
        public Damaged {
            requireNonNull(directory, "directory is null");
            requireNonNull(problem, "problem is null");
        }
    }
}
