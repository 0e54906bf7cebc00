package io.neurovisor.server;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.server.setting.ProcessEnvironment;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Chooses the directory for the sockets of a process: below {@code XDG_RUNTIME_DIR} (XDG base directory specification),
 * otherwise below {@code /run} for root and below the user's directory in {@code /tmp} for others. The path is short,
 * because a socket's path has at most 107 bytes (unix(7)).
 */
final class RuntimeDirectory {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private RuntimeDirectory() {}

    /** Returns an unused path. The spawner creates and removes the directory. */
    static Path choose() {
        long pid = ProcessHandle.current().pid();
        return base().resolve(pid + "-" + Long.toString(System.nanoTime(), 36));
    }

    /** Returns all base directories that processes of this user may have used. */
    static List<Path> bases(Map<String, String> environment) {
        String user = System.getProperty("user.name");
        String runtime = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        Set<Path> bases = new LinkedHashSet<>();
        if (runtime.startsWith("/")) {
            bases.add(Path.of(runtime, "neurovisor"));
        }
        if (user.equals("root")) {
            bases.add(Path.of("/run/neurovisor"));
        }
        bases.add(Path.of("/tmp", "neurovisor-" + user));
        return List.copyOf(bases);
    }

    /** Removes a base directory unless it is in use. */
    static void removeIfEmpty(Path base) {
        try {
            Files.deleteIfExists(base);
        } catch (DirectoryNotEmptyException inUse) {
            // Another process has a directory in it.
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    base + " cannot be removed (" + StorageFaults.reason(exception) + ")",
                    exception);
        }
    }

    private static Path base() {
        Path base = ProcessEnvironment.current().runtimeDirectory();
        try {
            if (!Files.exists(base, LinkOption.NOFOLLOW_LINKS)) {
                Files.createDirectory(base, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            }
            check(base);
            return base;
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    base + " cannot be used for sockets (" + StorageFaults.reason(exception)
                            + "); set XDG_RUNTIME_DIR to a directory of your own",
                    exception);
        }
    }

    /** In a shared directory such as /tmp, another user may have created it first. */
    private static void check(Path base) throws IOException {
        PosixFileAttributes attributes =
                Files.readAttributes(base, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        boolean ours = attributes.owner().getName().equals(System.getProperty("user.name"));
        if (!attributes.isDirectory() || !ours || !attributes.permissions().equals(OWNER_ONLY)) {
            throw new NeuroVisorException(
                    Fault.STORAGE_FAILED,
                    base + " is not a directory that only this user can access; remove it or set XDG_RUNTIME_DIR");
        }
    }
}
