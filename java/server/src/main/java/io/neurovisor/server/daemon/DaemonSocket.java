package io.neurovisor.server.daemon;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.files.TrustedPath;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive right to serve a Unix socket path, held as a lock on a file next to it. The lock ends with its process,
 * so a socket without a locked file has no server.
 */
final class DaemonSocket implements AutoCloseable {
    /** The size of sun_path in unix(7), without the final NUL. */
    private static final int MAX_BYTES = 107;

    private final Path path;
    private final FileChannel lockFile;

    private DaemonSocket(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    static DaemonSocket claim(Path path) {
        if (path.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw refused(
                    path, "its path is longer than the " + MAX_BYTES + " bytes that a socket path may have", null);
        }
        try {
            Path directory = requireNonNull(path.toAbsolutePath().getParent(), "a socket has a directory");
            if (!Files.exists(directory)) {
                Files.createDirectory(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            FileChannel lockFile = lockFile(directory, path.resolveSibling(path.getFileName() + ".lock"));
            if (!isLocked(lockFile)) {
                lockFile.close();
                throw refused(path, "another daemon of this user serves it, which ./neurovisor stop ends", null);
            }
            // What an earlier daemon recorded does not apply to this one.
            lockFile.truncate(0);
            Files.deleteIfExists(path);
            return new DaemonSocket(path, lockFile);
        } catch (IOException exception) {
            throw refused(path, StorageFaults.reason(exception), exception);
        }
    }

    /** Opens the lock file without following links, in a directory that no other user can change. */
    private static FileChannel lockFile(Path directory, Path file) throws IOException {
        TrustedPath trusted = TrustedPath.ofThisProcess();
        Optional<String> danger = trusted.danger(directory);
        if (danger.isPresent()) {
            throw new IOException("other users can change it: " + danger.get());
        }
        if (Files.isSymbolicLink(file)) {
            throw new IOException("its lock " + file + " is a symbolic link; remove it");
        }
        FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PrivateFiles.ownerOnly());
        Optional<String> dangerAtFile = trusted.dangerAt(file);
        if (dangerAtFile.isPresent()) {
            channel.close();
            throw new IOException("another user has created its lock: " + dangerAtFile.get());
        }
        return channel;
    }

    Path path() {
        return path;
    }

    /** Writes the address of the metrics port into the lock file, where commands of this user find it. */
    void record(InetSocketAddress metricsPort) {
        String line = metricsPort.getAddress().getHostAddress() + " " + metricsPort.getPort() + "\n";
        try {
            lockFile.write(ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)), 0);
        } catch (IOException exception) {
            throw refused(path, StorageFaults.reason(exception), exception);
        }
    }

    @Override
    public void close() {
        try (lockFile) {
            Files.deleteIfExists(path);
        } catch (IOException exception) {
            throw refused(path, StorageFaults.reason(exception), exception);
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
