package io.neurovisor.host.build;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.ToolCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The directory in which a command of a {@link BuildNamespace} works, with copies of its inputs and later with its
 * results.
 *
 * <p>INVARIANT: the parent directory belongs to this process, so that no command can replace this one; and results are
 * taken only after the commands have ended. The content is untrusted, since a package may be hostile.
 */
public final class BuildScratch {
    private final BuildNamespace namespace;
    private final Path directory;

    private BuildScratch(BuildNamespace namespace, Path directory) {
        this.namespace = namespace;
        this.directory = directory;
    }

    /** Creates the directory, which must not exist. */
    public static BuildScratch create(BuildNamespace namespace, Path directory) {
        PrivateFiles.directory(directory);
        namespace.give(directory);
        return new BuildScratch(namespace, directory);
    }

    /** Returns the path of the directory as commands see it. */
    public Path path() {
        return namespace.path(directory);
    }

    /** Returns the command as root of the namespace, with this working directory. */
    public ToolCommand inside(ToolCommand command) {
        return namespace.inside(command, directory);
    }

    /** Copies a file or a directory into this one; returns the path that commands see. */
    public Path copyIn(Path source, String name) {
        Path copy = directory.resolve(name);
        try (Stream<Path> tree = Files.walk(source)) {
            for (Path from : tree.toList()) {
                Path to = from.equals(source)
                        ? copy
                        : copy.resolve(source.relativize(from).toString());
                Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
                makeReadable(from, to);
                namespace.give(to);
            }
        } catch (IOException failure) {
            throw StorageFaults.of("copy for a build", source, failure);
        }
        return path().resolve(name);
    }

    /**
     * Provides a large file that others can read but not change, by a hard link if possible; returns the path that
     * commands see.
     */
    public Path copyOrLinkIn(Path source, String name) {
        try {
            Files.createLink(directory.resolve(name), source);
            return path().resolve(name);
        } catch (IOException anotherFileSystem) {
            return copyIn(source, name);
        }
    }

    /** Moves a regular file out of the directory and makes it the property of this process's user. */
    public Path moveOut(String name, Path target) {
        Path left = directory.resolve(name);
        try {
            if (!Files.readAttributes(left, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isRegularFile()) {
                throw new NeuroVisorException(
                        Fault.IMAGE_BUILD_FAILED,
                        "%s, left by a build, is not a regular file; a package that it installs may be hostile"
                                .formatted(left));
            }
            Files.move(left, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw StorageFaults.of("take from a build", left, failure);
        }
        namespace.reclaim(target);
        return target;
    }

    /** Does the same as {@link #moveOut} for a file that may be missing. */
    public Optional<Path> moveOutIfExists(String name, Path target) {
        return Files.exists(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)
                ? Optional.of(moveOut(name, target))
                : Optional.empty();
    }

    private static void makeReadable(Path from, Path to) throws IOException {
        boolean executable = Files.isDirectory(from) || Files.isExecutable(from);
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }
}
