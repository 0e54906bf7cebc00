package io.neurovisor.host.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A file that this process keeps locked while it is alive, in a directory with such a file of each process. What other
 * processes have recorded under their names is lost once they are dead.
 */
public final class ProcessLife implements AutoCloseable {
    private final Path directory;
    private final String name;
    private final PathLock lock;

    private ProcessLife(Path directory, String name, PathLock lock) {
        this.directory = directory;
        this.name = name;
        this.lock = lock;
    }

    /**
     * Locks a new file. Must be closed by the thread that calls this.
     *
     * @param directory for such files only; created if it is missing
     */
    public static ProcessLife begin(Path directory) {
        PrivateFiles.directory(directory);
        String name = UUID.randomUUID().toString();
        return new ProcessLife(directory, name, PathLock.acquire(directory.resolve(name), () -> {}));
    }

    /** Returns the unique name of this process. */
    public String name() {
        return name;
    }

    /** Returns whether the process with this name is alive; removes the file of a dead one. */
    public boolean isAlive(String other) {
        return other.equals(name) || isLocked(directory.resolve(other));
    }

    /** Removes the files of dead processes. */
    public void removeDead() {
        try (Stream<Path> files = Files.list(directory)) {
            files.filter(file -> !file.endsWith(name)).forEach(ProcessLife::isLocked);
        } catch (IOException exception) {
            throw StorageFaults.of("read", directory, exception);
        }
    }

    private static boolean isLocked(Path file) {
        if (!Files.exists(file)) {
            return false;
        }
        Optional<PathLock> free = PathLock.tryAcquire(file);
        free.ifPresent(acquired -> {
            PrivateFiles.delete(file);
            acquired.close();
        });
        return free.isEmpty();
    }

    @Override
    public void close() {
        PrivateFiles.delete(directory.resolve(name));
        lock.close();
    }
}
