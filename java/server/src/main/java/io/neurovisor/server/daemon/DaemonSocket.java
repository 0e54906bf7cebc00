package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The right to serve at one path of a Unix socket. It is a lock on a file beside it, which ends with the process that holds
 * it however that ends: a socket that lies there while nobody holds the lock is one that nobody serves.
 */
final class DaemonSocket implements AutoCloseable {
    /** Of sun_path in unix(7), without the NUL at its end. */
    private static final int MAX_BYTES = 107;

    private final Path path;
    private final FileChannel lockFile;

    private DaemonSocket(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    static DaemonSocket claim(Path path) {
        requireNonNull(path, "path is null");
        if (path.toAbsolutePath().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw refused(path, "its path is longer than the " + MAX_BYTES + " bytes that a socket's may have", null);
        }
        try {
            Path directory = requireNonNull(path.toAbsolutePath().getParent(), "a socket has a directory");
            if (!Files.exists(directory)) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            FileChannel lockFile = FileChannel.open(
                    path.resolveSibling(path.getFileName() + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            if (!isLocked(lockFile)) {
                lockFile.close();
                throw refused(path, "another daemon of this user serves it", null);
            }
            Files.deleteIfExists(path);
            return new DaemonSocket(path, lockFile);
        } catch (IOException exception) {
            throw refused(path, String.valueOf(exception.getMessage()), exception);
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        try (lockFile) {
            Files.deleteIfExists(path);
        } catch (IOException exception) {
            throw refused(path, String.valueOf(exception.getMessage()), exception);
        }
    }

    private static boolean isLocked(FileChannel file) throws IOException {
        try {
            FileLock lock = file.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException ours) {
            return false;
        }
    }

    private static NeuroVisorException refused(Path path, String reason, @Nullable Exception cause) {
        return new NeuroVisorException(
                Fault.PORT_UNUSABLE,
                "socket " + path + " cannot be served: " + reason + "; choose another with --socket",
                cause);
    }
}
