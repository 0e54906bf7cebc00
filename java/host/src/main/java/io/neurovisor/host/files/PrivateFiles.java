package io.neurovisor.host.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Directories and files that only their owner can enter, read or change. */
public final class PrivateFiles {
    private static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> ARTIFACT = PosixFilePermissions.fromString("r--r--r--");

    private PrivateFiles() {}

    /** Creates the directory (0700) and its parents if they are missing. */
    public static Path directory(Path directory) {
        try {
            if (!Files.isDirectory(directory)) {
                Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DIRECTORY));
            }
            return directory;
        } catch (IOException failure) {
            throw StorageFaults.of("create", directory, failure);
        }
    }

    /** Creates a directory (0700) that does not exist. */
    public static void createDirectory(Path directory) {
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(DIRECTORY));
        } catch (IOException failure) {
            throw StorageFaults.of("create", directory, failure);
        }
    }

    /** Returns the attribute that creates a file with mode 0600. */
    public static FileAttribute<Set<PosixFilePermission>> ownerOnly() {
        return PosixFilePermissions.asFileAttribute(FILE);
    }

    /**
     * Makes a finished file read-only for all users (0444). Its directory stays 0700, so the file can be read only
     * through a hard link in a jail.
     */
    public static void seal(Path file) {
        try {
            Files.setPosixFilePermissions(file, ARTIFACT);
        } catch (IOException failure) {
            throw StorageFaults.of("make read-only", file, failure);
        }
    }

    /** Opens an existing file (0600) or directory (0700) to its owner only. */
    public static void restrict(Path path) {
        try {
            Files.setPosixFilePermissions(path, Files.isDirectory(path) ? DIRECTORY : FILE);
        } catch (IOException failure) {
            throw StorageFaults.of("make private", path, failure);
        }
    }

    /** Replaces the content of a file atomically: readers see the old or the new content, also after a crash. */
    public static void replace(Path target, byte[] content) {
        Path temporary = target.resolveSibling("." + target.getFileName() + "." + uniqueSuffix());
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), ownerOnly())) {
                ByteBuffer left = ByteBuffer.wrap(content);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw StorageFaults.of("write", target, failure);
        }
    }

    /** Flushes the content of a file or directory to the disk. */
    public static void sync(Path path) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException failure) {
            throw StorageFaults.of("flush", path, failure);
        }
    }

    /** Removes a file or a directory tree; links are removed, never followed. */
    public static void delete(Path path) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            Files.walkFileTree(path, new Deletion());
        } catch (IOException failure) {
            throw StorageFaults.of("remove", path, failure);
        }
    }

    /** Returns the process id, for people who list the directory, with a random part that makes it unique. */
    public static String uniqueSuffix() {
        return ProcessHandle.current().pid()
                + "-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
        }
    }
}
