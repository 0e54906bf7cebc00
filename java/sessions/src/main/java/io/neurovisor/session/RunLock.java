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
 * Tells that a run's process lives: it keeps a file of the run's locked, and the kernel releases the lock however the process
 * ends. To be closed by the thread that took it.
 */
final class RunLock implements AutoCloseable {
    private final Path file;
    private final PathLock lock;

    private RunLock(Path file, PathLock lock) {
        this.file = file;
        this.lock = lock;
    }

    /** Of a new run, which nobody has heard of before it is in the database. */
    static RunLock take(SessionFiles files, TraceId run) {
        Path file = files.running(run);
        // A sweep would take a file that is there and not yet locked for a dead run's.
        try (PathLock _ = PathLock.acquire(files.lock(), () -> {})) {
            return new RunLock(file, PathLock.acquire(file, () -> {}));
        }
    }

    /** Removes what processes left that were killed. */
    static void sweep(SessionFiles files) {
        try (PathLock _ = PathLock.acquire(files.lock(), () -> {});
                Stream<Path> running = Files.list(files.running())) {
            running.toList().forEach(RunLock::removeUnlessTaken);
        } catch (IOException exception) {
            throw StorageFaults.of("list", files.running(), exception);
        }
    }

    /** To be asked only about runs that are in the database: those have been locked before. */
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
            // Its process has died, and nobody takes the lock of the same run again.
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
