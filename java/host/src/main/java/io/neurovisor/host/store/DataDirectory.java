package io.neurovisor.host.store;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.files.TrustedPath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A directory that belongs to NeuroVisor, which a marker file states. A directory without it is never removed as a
 * whole, because its path may be a typing error.
 */
public final class DataDirectory {
    /** Contains an explanation for users who wonder about their disk usage. */
    static final String MARKER = ".neurovisor";

    private static final String MARKER_TEXT =
            "This directory is NeuroVisor's: images, kernels, templates, sessions and keys. neurovisor uninstall removes it.\n";
    private static final int SHOWN_NAMES = 3;

    /** The entries of a data directory without the marker, as earlier builds created it. */
    private static final Set<String> KNOWN = Set.of(
            "images",
            "kernels",
            "initrds",
            "templates",
            "digests",
            ".digests.lock",
            "probes.properties",
            "running",
            "jails",
            "firecracker");

    private final Path path;

    public DataDirectory(Path path) {
        this.path = path.toAbsolutePath().normalize();
    }

    public Path path() {
        return path;
    }

    /** Creates the directory if it is missing, and marks it. Throws as {@link #requireUsable} does. */
    public DataDirectory claim() {
        requireUsable();
        if (!isOurs()) {
            PrivateFiles.directory(path);
            mark();
        }
        return this;
    }

    /**
     * Throws if the directory contains files of other programs, or if another user can change it, because programs in it
     * are executed. It may be missing.
     */
    public void requireUsable() {
        refuseWhatOthersCanChange();
        if (isOurs()) {
            return;
        }
        refuseHomes();
        List<String> strangers = entries().stream()
                .map(entry -> entry.getFileName().toString())
                .filter(name -> !KNOWN.contains(name))
                .sorted()
                .toList();
        // The marker is looked for again after the entries were listed, because another process may claim the directory
        // meanwhile. INVARIANT: the marker is the first entry of a new data directory, and the last that is removed.
        if (!strangers.isEmpty() && !isOurs() && !holdsArtifacts()) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "data directory " + path + " contains files of other programs ("
                            + strangers.stream().limit(SHOWN_NAMES).collect(Collectors.joining(", "))
                            + (strangers.size() > SHOWN_NAMES ? ", …" : "")
                            + "); name an empty or a new one with --data-dir");
        }
    }

    /** Throws unless the directory is a data directory, whatever its content. */
    public void requireOurs() {
        boolean unmarked = holdsArtifacts()
                && entries().stream()
                        .allMatch(entry -> KNOWN.contains(entry.getFileName().toString()));
        refuseHomes();
        if (!isOurs() && !unmarked) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT, path + " is not a data directory of NeuroVisor's and stays as it is");
        }
    }

    /**
     * Creates the marker, unless another process does so at the same time. It is created under its final name, because a
     * temporary file would be an unknown entry of an unmarked directory. Its existence is what counts, so it may be read
     * while it is still empty.
     */
    private void mark() {
        Path marker = path.resolve(MARKER);
        try (FileChannel channel = FileChannel.open(
                marker, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PrivateFiles.ownerOnly())) {
            ByteBuffer left = ByteBuffer.wrap(MARKER_TEXT.getBytes(StandardCharsets.UTF_8));
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        } catch (IOException failure) {
            if (!(failure instanceof FileAlreadyExistsException) || !isOurs()) {
                throw StorageFaults.of("write", marker, failure);
            }
        }
    }

    /** Returns whether {@link #claim} has marked the directory. */
    private boolean isOurs() {
        return Files.isRegularFile(path.resolve(MARKER), LinkOption.NOFOLLOW_LINKS);
    }

    /** Removes the directory and its content. No process may use it. */
    public void remove() {
        requireOurs();
        try {
            Path real = path.toRealPath();
            // The marker is removed last, so that the remains of a failed removal are still recognized.
            entries().stream().filter(entry -> !entry.endsWith(MARKER)).forEach(PrivateFiles::delete);
            PrivateFiles.delete(real);
            PrivateFiles.delete(path);
        } catch (IOException failure) {
            throw StorageFaults.of("remove", path, failure);
        }
    }

    /** Returns the entries of the directory, sorted. */
    public List<Path> entries() {
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.sorted().toList();
        } catch (IOException failure) {
            throw StorageFaults.of("list", path, failure);
        }
    }

    private boolean holdsArtifacts() {
        return Stream.of("images", "kernels")
                .map(path::resolve)
                .anyMatch(store -> !ArtifactStore.pointers(store).isEmpty());
    }

    private void refuseWhatOthersCanChange() {
        try {
            Optional<String> danger = TrustedPath.ofThisProcess().danger(path);
            if (danger.isPresent()) {
                throw new NeuroVisorException(
                        Fault.INVALID_ARGUMENT,
                        "data directory %s is not private: %s; change that with chown or chmod, or name another with --data-dir"
                                .formatted(path, danger.get()));
            }
        } catch (IOException failure) {
            throw StorageFaults.of("look at", path, failure);
        }
    }

    /** A home directory, even an empty one, must not become a data directory. */
    private void refuseHomes() {
        Path home = Path.of(System.getProperty("user.home")).toAbsolutePath().normalize();
        if (home.startsWith(path)) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "%s cannot be the data directory, because it contains your home directory; name a separate directory"
                            .formatted(path));
        }
    }
}
