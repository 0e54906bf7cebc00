package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** The state of an artifact, determined without building anything. */
public sealed interface ArtifactState {
    /** Built from the wanted input, with intact files. */
    record Ready(Artifact artifact) implements ArtifactState {
        public Ready {
            requireNonNull(artifact, "artifact is null");
        }
    }

    /** Not built, or removed. */
    record Missing() implements ArtifactState {}

    /** Built from another input. */
    record Outdated(Path directory) implements ArtifactState {
        public Outdated {
            requireNonNull(directory, "directory is null");
        }
    }

    /** Built, but files have changed since or are missing. */
    record Damaged(Path directory, String problem) implements ArtifactState {
        public Damaged {
            requireNonNull(directory, "directory is null");
            requireNonNull(problem, "problem is null");
        }
    }
}
