package io.neurovisor.host.store;

import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The artifacts that this process uses: none of them is removed before this is closed. Safe for use by many threads.
 */
public final class ArtifactUse implements AutoCloseable {
    private static final int MAX_TRIES = 10;

    private final UseRegistry registry;
    private final Path file;
    private final FileChannel channel;
    private final Supervisor.Held held;
    private final Set<Path> registered = ConcurrentHashMap.newKeySet();

    ArtifactUse(UseRegistry registry, Path file, FileChannel channel, Supervisor.Held held) {
        this.registry = registry;
        this.file = file;
        this.channel = channel;
        this.held = held;
    }

    /**
     * Returns the result of a finder and registers its artifacts as used. Repeats this if an artifact was removed
     * before its registration.
     *
     * @param directories returns the directories of the artifacts in the result
     */
    public <T> T hold(Supplier<T> finder, Function<T, List<Path>> directories) {
        T found = finder.get();
        for (int count = 1; !register(directories.apply(found)); count++) {
            if (count == MAX_TRIES) {
                throw UseRegistry.vanishing(directories.apply(found).toString());
            }
            found = finder.get();
        }
        return found;
    }

    /**
     * Returns false if an artifact is gone. INVARIANT: a process that removes artifacts holds the same lock and has
     * read the records after this write.
     */
    private boolean register(List<Path> directories) {
        if (registered.containsAll(directories)) {
            return true;
        }
        try (PathLock _ = registry.lock()) {
            for (Path directory : directories) {
                write(UseRecord.artifactLine(directory));
            }
        }
        if (!directories.stream().allMatch(ArtifactUse::touch)) {
            return false;
        }
        registered.addAll(directories);
        return true;
    }

    /** The time of the directory records its last use; the times of the files belong to their digests' records. */
    private static boolean touch(Path directory) {
        try {
            Files.setLastModifiedTime(
                    directory, FileTime.from(InstantSource.system().instant()));
            return true;
        } catch (IOException gone) {
            return false;
        }
    }

    void write(String line) {
        try {
            channel.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException failure) {
            throw StorageFaults.of("write", file, failure);
        }
    }

    @Override
    public void close() {
        registry.leave(file, channel);
        held.close();
    }
}
