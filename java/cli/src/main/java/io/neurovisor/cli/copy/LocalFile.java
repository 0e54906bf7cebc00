package io.neurovisor.cli.copy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.FilePath;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.UUID;

/** A file of this machine that is being written. It appears when it is finished, and replaces what has its name. */
final class LocalFile implements AutoCloseable {
    private static final String ALL_PERMISSIONS = "rwxrwxrwx";

    private static final String UNFINISHED = ".neurovisor-unfinished-";

    private final Path target;
    private final Path unfinished;
    private final SeekableByteChannel channel;

    private LocalFile(Path target, Path unfinished) throws IOException {
        this.target = target;
        this.unfinished = unfinished;
        this.channel = Files.newByteChannel(
                unfinished,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    static LocalFile begin(Path target) throws IOException {
        return new LocalFile(target, target.resolveSibling(UNFINISHED + UUID.randomUUID()));
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** @param mode of which the permissions of user, group and others apply */
    void finish(int mode) throws IOException {
        channel.close();
        Files.setPosixFilePermissions(unfinished, permissions(mode));
        Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static Set<PosixFilePermission> permissions(int mode) {
        StringBuilder permissions = new StringBuilder();
        for (int i = 0; i < ALL_PERMISSIONS.length(); i++) {
            boolean isSet = (mode & 1 << (ALL_PERMISSIONS.length() - 1 - i)) != 0;
            permissions.append(isSet ? ALL_PERMISSIONS.charAt(i) : '-');
        }
        return PosixFilePermissions.fromString(permissions.toString());
    }

    static NeuroVisorException unwritable(Path path, IOException exception) {
        return exception instanceof ClosedByInterruptException
                ? NeuroVisorException.interrupted("cancelled", exception)
                : new NeuroVisorException(
                        Fault.STORAGE_FAILED,
                        FilePath.shown(path.toString()) + " cannot be written: " + StorageFaults.reason(exception),
                        exception);
    }

    /** Deletes an unfinished file. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(unfinished);
    }
}
