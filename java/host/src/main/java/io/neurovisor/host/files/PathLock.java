package io.neurovisor.host.files;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An exclusive lock between threads and processes, tied to a file. The kernel releases it when its holder dies, so a
 * lock is never stale. The lock file is not removed: otherwise two holders could lock two files.
 *
 * <p>Must be closed by the thread that acquired it. An interrupt ends the wait with {@link Fault#INTERRUPTED}.
 */
public final class PathLock implements AutoCloseable {
    // A file lock belongs to the whole JVM, so its threads need another lock.
    private static final ConcurrentMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

    private final ReentrantLock threads;
    private final FileChannel channel;

    private PathLock(ReentrantLock threads, FileChannel channel) {
        this.threads = threads;
        this.channel = channel;
    }

    /**
     * Waits for the lock.
     *
     * @param onWait called once before waiting, if the lock is held elsewhere
     */
    public static PathLock acquire(Path lockFile, Runnable onWait) {
        Path key = lockFile.toAbsolutePath().normalize();
        ReentrantLock threads = THREADS.computeIfAbsent(key, _ -> new ReentrantLock());
        if (threads.isHeldByCurrentThread()) {
            throw new NeuroVisorException(Fault.INTERNAL, "Lock %s is taken twice by one thread".formatted(key));
        }
        boolean waited = !threads.tryLock();
        if (waited) {
            onWait.run();
            lockInterruptibly(threads, key);
        }
        try {
            return new PathLock(threads, lockFile(key, waited ? () -> {} : onWait));
        } catch (IOException failure) {
            threads.unlock();
            throw StorageFaults.of("lock", key, failure);
        } catch (RuntimeException failure) {
            threads.unlock();
            throw failure;
        }
    }

    /** Acquires the lock unless it is held elsewhere. */
    public static Optional<PathLock> tryAcquire(Path lockFile) {
        Path key = lockFile.toAbsolutePath().normalize();
        ReentrantLock threads = THREADS.computeIfAbsent(key, _ -> new ReentrantLock());
        if (threads.isHeldByCurrentThread() || !threads.tryLock()) {
            return Optional.empty();
        }
        Optional<PathLock> held = Optional.empty();
        try {
            FileChannel channel = open(key);
            held = Optional.ofNullable(channel.tryLock()).map(_ -> new PathLock(threads, channel));
            if (held.isEmpty()) {
                channel.close();
            }
            return held;
        } catch (IOException failure) {
            throw StorageFaults.of("lock", key, failure);
        } finally {
            if (held.isEmpty()) {
                threads.unlock();
            }
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(
                file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE), PrivateFiles.ownerOnly());
    }

    private static void lockInterruptibly(ReentrantLock threads, Path key) {
        try {
            threads.lockInterruptibly();
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("Cancelled while waiting for " + key, interrupt);
        }
    }

    private static FileChannel lockFile(Path file, Runnable onWait) throws IOException {
        FileChannel channel = open(file);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                onWait.run();
                channel.lock();
            }
            return channel;
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        }
    }

    @Override
    public void close() {
        try {
            // Closing the channel releases the file lock.
            channel.close();
        } catch (IOException ignored) {
            // The descriptor is closed in any case, and the lock released with it.
        } finally {
            threads.unlock();
        }
    }
}
