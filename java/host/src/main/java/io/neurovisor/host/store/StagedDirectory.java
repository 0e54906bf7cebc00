package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory that is filled under a temporary name and then appears complete under its own, or not at all.
 *
 * <p>INVARIANT: the caller holds a {@link PathLock} for {@code name} while the directory is open. Every staged
 * directory of that name found at the beginning is therefore left from a builder that died, and is removed.
 */
public final class StagedDirectory implements AutoCloseable {
    private final Path staging;
    private final Supervisor supervisor;
    private final Supervisor.Held held;

    private StagedDirectory(Path staging, Supervisor supervisor, Supervisor.Held held) {
        this.staging = staging;
        this.supervisor = supervisor;
        this.held = held;
    }

    /** Creates an empty directory (0700) in {@code parent}. */
    public static StagedDirectory begin(Path parent, String name, PathLock heldForName, Supervisor supervisor) {
        leftovers(parent, name).forEach(supervisor::remove);
        Path staging = parent.resolve(prefix(name) + PrivateFiles.uniqueSuffix());
        StagedDirectory staged = new StagedDirectory(staging, supervisor, supervisor.hold(staging));
        PrivateFiles.directory(staging);
        return staged;
    }

    public Path path() {
        return staging;
    }

    /**
     * Flushes everything to the disk, then gives the directory its final name; a previous directory of that name is
     * removed.
     */
    public Path publish(String finalName) {
        Path target = staging.resolveSibling(finalName);
        try (Stream<Path> tree = Files.walk(staging)) {
            tree.filter(path -> Files.isRegularFile(path) || Files.isDirectory(path))
                    .forEach(PrivateFiles::sync);
        } catch (IOException failure) {
            throw StorageFaults.of("flush", staging, failure);
        }
        Path replaced = staging.resolveSibling(staging.getFileName() + "-replaced");
        try (Supervisor.Held _ = supervisor.hold(replaced)) {
            if (Files.exists(target)) {
                Files.move(target, replaced, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(staging, target, StandardCopyOption.ATOMIC_MOVE);
            PrivateFiles.sync(requireNonNull(target.getParent(), "parent is null"));
            PrivateFiles.delete(replaced);
        } catch (IOException failure) {
            throw StorageFaults.of("publish", target, failure);
        }
        return target;
    }

    /** Removes the directory unless it was published. */
    @Override
    public void close() {
        supervisor.remove(staging);
        held.close();
    }

    private static String prefix(String name) {
        // '~' cannot occur in the names of images or kernels, so "base" never matches a file of "base-2".
        return "." + name + "~building-";
    }

    private static List<Path> leftovers(Path parent, String name) {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, prefix(name) + "*")) {
            return Stream.iterate(found.iterator(), i -> i.hasNext(), i -> i)
                    .map(i -> i.next())
                    .toList();
        } catch (IOException failure) {
            throw StorageFaults.of("list", parent, failure);
        }
    }
}
