package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

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

/** What this process uses of a data directory: none of it is removed before this is closed. Safe for use by many threads. */
public final class ArtifactUse implements AutoCloseable {
    private static final int MAX_TRIES = 10;

    private final UseRegistry registry;
    private final Path file;
    private final FileChannel channel;
    private final Supervisor.Held held;
    private final Set<Path> registered = ConcurrentHashMap.newKeySet();

    ArtifactUse(UseRegistry registry, Path file, FileChannel channel, Supervisor.Held held) {
        this.registry = requireNonNull(registry, "registry is null");
        this.file = requireNonNull(file, "file is null");
        this.channel = requireNonNull(channel, "channel is null");
        this.held = requireNonNull(held, "held is null");
    }

    /**
     * Finds something, and finds it again when it was removed before it could be registered as used.
     *
     * @param directories of the artifacts that what was found consists of
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

    /** False when one is gone. INVARIANT: who removes holds the same lock and has read the records since. */
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

    /** The directory's time tells when it was last used; the files' own are part of what their digests are kept by. */
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
