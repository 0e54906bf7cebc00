package io.neurovisor.host.image;

import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.store.Artifact;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * A built image, for display.
 *
 * @param digest SHA-256 of the root file system
 * @param problem why the image must be built again before it is used; empty if it need not
 */
public record ImageSummary(
        String name,
        String digest,
        long sizeBytes,
        int packageCount,
        Instant created,
        Path directory,
        Optional<String> problem) {
    /** Returns the summary of an intact image from its manifest. */
    static ImageSummary of(Artifact artifact) {
        ImageManifest manifest = ManifestFile.read(artifact.file(ImageManifest.FILE), ImageManifest.class);
        return new ImageSummary(
                artifact.name(),
                manifest.rootfsDigest(),
                manifest.rootfsBytes(),
                manifest.packages().size() + manifest.pythonPackages().size(),
                Instant.parse(manifest.created()),
                artifact.directory(),
                Optional.empty());
    }

    static ImageSummary damaged(String name, Path directory, String problem) {
        return new ImageSummary(name, "", 0, 0, Instant.EPOCH, directory, Optional.of(problem));
    }
}
