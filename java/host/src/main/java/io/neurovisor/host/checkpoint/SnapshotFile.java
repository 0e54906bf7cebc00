package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file beside the manifest of a checkpoint that is a snapshot or a template. */
final class SnapshotFile {
    static final String FILE = "snapshot.json";
    private static final String TEMPLATE = "template.json";

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotFile.class);

    private SnapshotFile() {}

    /** @param directory empty for the home */
    private record Content(
            String id,
            String owner,
            String name,
            String source,
            String image,
            String size,
            String directory,
            String created) {
        static Content of(Snapshot snapshot) {
            return new Content(
                    snapshot.id().value(),
                    snapshot.owner(),
                    snapshot.name(),
                    snapshot.source().value(),
                    snapshot.kind().image(),
                    snapshot.kind().size().label(),
                    snapshot.directory().orElse(""),
                    snapshot.created().toString());
        }

        Snapshot snapshot(boolean isTemplate) {
            return new Snapshot(
                    new SandboxId(id),
                    owner,
                    name,
                    new SandboxId(source),
                    new MachineKind(image, SandboxSize.named(size)),
                    Optional.of(directory).filter(path -> !path.isEmpty()),
                    Instant.parse(created),
                    isTemplate);
        }
    }

    static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(FILE)) || Files.exists(directory.resolve(TEMPLATE));
    }

    static void write(Path directory, Snapshot snapshot) {
        ManifestJson.write(directory.resolve(snapshot.isTemplate() ? TEMPLATE : FILE), Content.of(snapshot));
    }

    /** Returns the snapshot that a checkpoint is; empty, with a warning, if the file is damaged. */
    static Optional<Snapshot> read(CheckpointName name, Path directory) {
        boolean isTemplate = Files.exists(directory.resolve(TEMPLATE));
        Path file = directory.resolve(isTemplate ? TEMPLATE : FILE);
        try {
            Snapshot snapshot = ManifestJson.read(file, Content.class).snapshot(isTemplate);
            if (snapshot.id().equals(name.sandbox())) {
                return Optional.of(snapshot);
            }
            LOG.warn("snapshot {} is left out: {} is of another one", name.sandbox(), file);
        } catch (IOException | IllegalArgumentException | DateTimeException | NeuroVisorException damaged) {
            LOG.warn("snapshot {} is left out: {} cannot be read: {}", name.sandbox(), file, damaged.getMessage());
        }
        return Optional.empty();
    }
}
