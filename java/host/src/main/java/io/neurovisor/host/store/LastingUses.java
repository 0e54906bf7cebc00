package io.neurovisor.host.store;

import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Artifacts that are used while no process runs, because the checkpoint of a paused sandbox needs them. Each checkpoint names them
 * in a file, so that their use ends with it.
 */
public final class LastingUses {
    private static final String FILE = "uses";
    private static final int MAX_BYTES = 64 << 10;

    private final Path checkpoints;

    private LastingUses(Path checkpoints) {
        this.checkpoints = checkpoints;
    }

    static LastingUses in(Path dataDirectory) {
        return new LastingUses(dataDirectory.resolve("sandboxes/checkpoints"));
    }

    /** Names the artifacts in a checkpoint that has not been published. */
    public static void write(Path checkpoint, List<Path> artifacts) {
        PrivateFiles.replace(
                checkpoint.resolve(FILE),
                artifacts.stream()
                        .distinct()
                        .map(UseRecord::artifactLine)
                        .collect(Collectors.joining())
                        .getBytes(StandardCharsets.UTF_8));
    }

    /** Returns whether a checkpoint names an artifact. */
    public static boolean names(Path checkpoint, Path artifact) {
        try {
            return read(checkpoint.resolve(FILE)).names(artifact);
        } catch (IOException failure) {
            throw StorageFaults.of("read", checkpoint, failure);
        }
    }

    /** Returns whether a checkpoint names the artifact. */
    boolean name(Path artifact) {
        if (!Files.isDirectory(checkpoints)) {
            return false;
        }
        try (DirectoryStream<Path> published = Files.newDirectoryStream(checkpoints, "[!.]*")) {
            for (Path checkpoint : published) {
                if (names(checkpoint, artifact)) {
                    return true;
                }
            }
            return false;
        } catch (IOException failure) {
            throw StorageFaults.of("list", checkpoints, failure);
        }
    }

    private static UseRecord read(Path file) throws IOException {
        try {
            // A damaged file protects nothing.
            byte[] content =
                    Files.isRegularFile(file) && Files.size(file) <= MAX_BYTES ? Files.readAllBytes(file) : new byte[0];
            return UseRecord.parse(new String(content, StandardCharsets.UTF_8));
        } catch (NoSuchFileException removed) {
            return UseRecord.parse("");
        }
    }
}
