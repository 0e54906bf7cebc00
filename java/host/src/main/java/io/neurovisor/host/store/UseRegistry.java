package io.neurovisor.host.store;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The registry of processes that use a data directory. Each process has a file that it keeps locked. The kernel
 * releases the lock when the process ends for any reason, so the registry does not depend on process ids.
 */
public final class UseRegistry {
    // A process that opens and closes its own file again would lose its lock on it (fcntl(2)).
    private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();
    private static final String LOCK = ".lock";

    private final Path directory;
    private final LastingUses lasting;

    public UseRegistry(Path dataDirectory) {
        this.directory = dataDirectory.resolve("running").toAbsolutePath().normalize();
        this.lasting = LastingUses.in(dataDirectory);
    }

    /** A registered process. */
    record Registered(Path file, boolean running, UseRecord content) {}

    /**
     * Registers this process until the result is closed or the process ends.
     *
     * @param runtimeDirectory its directory outside of the data directory
     */
    public ArtifactUse enter(Path runtimeDirectory, Supervisor supervisor) {
        PrivateFiles.directory(directory);
        Path file = directory.resolve(PrivateFiles.uniqueSuffix());
        Supervisor.Held held = supervisor.hold(file);
        try (PathLock _ = lock()) {
            OWN.add(file);
            FileChannel channel = FileChannel.open(
                    file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PrivateFiles.ownerOnly());
            channel.lock();
            ArtifactUse use = new ArtifactUse(this, file, channel, held);
            use.write(UseRecord.runtimeLine(runtimeDirectory));
            return use;
        } catch (IOException failure) {
            throw StorageFaults.of("register in", file, failure);
        }
    }

    /** Ends a registration that {@link #enter} made. */
    void leave(Path file, FileChannel channel) {
        try {
            Files.deleteIfExists(file);
            channel.close();
        } catch (IOException ignored) {
            // The descriptor is closed and the lock released; the next sweep removes the file.
        } finally {
            OWN.remove(file);
        }
    }

    PathLock lock() {
        return PathLock.acquire(directory.resolve(LOCK), () -> {});
    }

    /** Returns the ids of the processes that use the data directory. */
    public List<String> running() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (PathLock _ = lock()) {
            return registered().stream()
                    .filter(Registered::running)
                    .map(process -> process.file().getFileName().toString().replaceFirst("-.*", ""))
                    .toList();
        }
    }

    /**
     * Removes a directory unless a process or a paused sandbox uses it. A process that wants to use it later finds it
     * missing.
     *
     * @return whether it was not in use
     */
    boolean removeUnused(Path artifact, Runnable removal) {
        PrivateFiles.directory(directory);
        try (PathLock _ = lock()) {
            // The process that saves a sandbox is registered until after it has written the lasting use.
            if (registered().stream()
                            .anyMatch(process ->
                                    process.running() && process.content().names(artifact))
                    || lasting.name(artifact)) {
                return false;
            }
            removal.run();
            return true;
        }
    }

    /**
     * Runs an action unless a process uses the data directory; none can start to use it meanwhile.
     *
     * @return whether no process was using it
     */
    public boolean unlessRunning(Runnable action) {
        PrivateFiles.directory(directory);
        try (PathLock _ = lock()) {
            if (registered().stream().anyMatch(Registered::running)) {
                return false;
            }
            action.run();
            return true;
        }
    }

    /** Returns the processes that ended without removing their registration. */
    List<Registered> dead() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (PathLock _ = lock()) {
            return registered().stream().filter(process -> !process.running()).toList();
        }
    }

    private List<Registered> registered() {
        List<Registered> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "[0-9]*-*")) {
            for (Path file : files) {
                read(file).ifPresent(found::add);
            }
        } catch (IOException failure) {
            throw StorageFaults.of("list", directory, failure);
        }
        return found;
    }

    private static Optional<Registered> read(Path file) throws IOException {
        try {
            UseRecord content = UseRecord.parse(Files.readString(file));
            return Optional.of(new Registered(file, OWN.contains(file) || isLocked(file), content));
        } catch (NoSuchFileException left) {
            return Optional.empty();
        }
    }

    private static boolean isLocked(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            return channel.tryLock() == null;
        }
    }

    static NeuroVisorException vanishing(String what) {
        return new NeuroVisorException(
                Fault.STORAGE_FAILED, what + " was removed again and again while it was about to be used");
    }
}
