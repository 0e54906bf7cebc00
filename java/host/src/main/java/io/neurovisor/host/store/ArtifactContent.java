package io.neurovisor.host.store;

import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.Sha256;
import java.nio.file.Path;
import java.util.Optional;

/** The content of an artifact's directory, which may have been removed, or built again under the same name, in the meantime. */
public final class ArtifactContent {
    private ArtifactContent() {}

    /** Writes the list of digests of the files in a directory. */
    public static void write(Path directory) {
        PrivateFiles.replace(
                directory.resolve(Checksums.FILE), Checksums.compute(directory).format());
    }

    /** Returns the digest of the directory's list of digests, which determines every file; empty if there is no artifact. */
    public static Optional<String> digest(Path directory) {
        return Checksums.read(directory).map(Sha256::of);
    }

    /** Returns the first file that is not as it was built; reads only files that have changed. */
    public static Optional<String> firstProblem(Path directory, FileDigests digests) {
        return Checksums.read(directory)
                .flatMap(Checksums::parse)
                .map(checksums -> checksums.firstProblem(directory, digests))
                .orElse(Optional.of(Checksums.FILE + " is missing or damaged"));
    }
}
