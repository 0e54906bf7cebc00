package io.neurovisor.session;

import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Shows that the process of a run is alive: it keeps a file of the run locked, and the kernel releases the lock however
 * the process ends. Must be closed by the thread that took it.
 */
final class RunLock implements AutoCloseable {
    private final Path file;
    private final PathLock lock;

    private RunLock(Path file, PathLock lock) {
        this.file = file;
        this.lock = lock;
    }

    /** Takes the lock of a new run before the run is in the database. */
    static RunLock take(SessionFiles files, TraceId run) {
        Path file = files.running(run);
        // Prevents a sweep from removing the file between its creation and its lock.
        try (PathLock _ = PathLock.acquire(files.lock(), () -> {})) {
            return new RunLock(file, PathLock.acquire(file, () -> {}));
        }
    }

    /** Removes the lock files of killed processes. */
    static void sweep(SessionFiles files) {
        try (PathLock _ = PathLock.acquire(files.lock(), () -> {});
                Stream<Path> running = Files.list(files.running())) {
            running.toList().forEach(RunLock::removeUnlessTaken);
        } catch (IOException exception) {
            throw StorageFaults.of("list", files.running(), exception);
        }
    }

    /**
     * Returns whether the run's process is alive. Only valid for runs that are in the database, because those were
     * locked before.
     */
    static boolean isTaken(SessionFiles files, TraceId run) {
        Path file = files.running(run);
        if (!Files.exists(file)) {
            return false;
        }
        return !removeUnlessTaken(file);
    }

    private static boolean removeUnlessTaken(Path file) {
        Optional<PathLock> free = PathLock.tryAcquire(file);
        free.ifPresent(lock -> {
            // The process has died, and the lock of a run is never taken again.
            PrivateFiles.delete(file);
            lock.close();
        });
        return free.isPresent();
    }

    @Override
    public void close() {
        PrivateFiles.delete(file);
        lock.close();
    }
}
