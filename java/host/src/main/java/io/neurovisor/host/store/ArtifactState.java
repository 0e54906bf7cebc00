package io.neurovisor.host.store;

import java.nio.file.Path;

/** The state of an artifact, determined without building anything. */
public sealed interface ArtifactState {
    /** Built from the wanted input, with intact files. */
    record Ready(Artifact artifact) implements ArtifactState {}

    /** Not built, or removed. */
    record Missing() implements ArtifactState {}

    /** Built from another input. */
    record Outdated(Path directory) implements ArtifactState {}

    /** Built, but files have changed since or are missing. */
    record Damaged(Path directory, String problem) implements ArtifactState {}
}
