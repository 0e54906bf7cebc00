package io.neurovisor.host.store;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.files.DiskUsage;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Removes unneeded artifacts from a store, except those that a running process uses, builds or waits for. Locked ones
 * are left for the next sweep.
 */
public final class StoreSweep {
    private static final Pattern STAGED = Pattern.compile("\\.(.+)~building-.*");
    private static final Pattern TEMPORARY = Pattern.compile("\\..+\\.\\d+-[0-9a-f]{8}");

    /** A temporary file is needed only during one write. */
    private static final Duration TEMPORARY_LIFE = Duration.ofHours(1);

    private final Path store;
    private final UseRegistry uses;
    private final Instant now;
    private final boolean dryRun;
    private final List<UnusedPath> removed = new ArrayList<>();

    /** @param dryRun whether to report only what would be removed */
    public StoreSweep(Path store, UseRegistry uses, Instant now, boolean dryRun) {
        this.store = store;
        this.uses = uses;
        this.now = now;
        this.dryRun = dryRun;
    }

    /** A name with its artifact and the time of its last use. */
    public record Current(String name, String input, Path directory, Instant lastUsed) {}

    /** Sweeps a store; returns the removed paths. */
    public List<UnusedPath> sweep(StoreContent content) {
        // A store that is a link is shared with another data directory, whose users are unknown.
        if (!Files.isDirectory(store, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        for (Current current : current()) {
            if (!content.needed().test(current.name(), current.input())) {
                remove(current, "no longer needed by any start");
            }
        }
        removeSuperseded();
        removeStaged();
        removeTemporary();
        return List.copyOf(removed);
    }

    /** Returns the current artifacts by name. */
    public List<Current> current() {
        List<Current> found = new ArrayList<>();
        for (Path pointer : ArtifactStore.pointers(store)) {
            String file = pointer.getFileName().toString();
            String name = file.substring(0, file.length() - CurrentArtifact.SUFFIX.length());
            CurrentArtifact.read(pointer).ifPresent(current -> {
                Path directory = store.resolve(current.directory());
                found.add(new Current(name, current.input(), directory, modified(directory)));
            });
        }
        return found;
    }

    /** Removes the artifact of a name unless it is in use; it can be built again. */
    public Optional<UnusedPath> remove(Current current, String reason) {
        int before = removed.size();
        underLocksOf(current.name(), () -> {
            Path pointer = CurrentArtifact.file(store, current.name());
            boolean unchanged = CurrentArtifact.read(pointer)
                    .filter(found -> store.resolve(found.directory()).equals(current.directory()))
                    .isPresent();
            if (unchanged && isShared(current)) {
                // Names with equal content share one directory: only the pointer of this name is removed.
                if (!dryRun) {
                    PrivateFiles.delete(pointer);
                }
            } else if (unchanged) {
                remove(current.directory(), reason, () -> {
                    PrivateFiles.delete(pointer);
                    PrivateFiles.delete(current.directory());
                });
            }
        });
        return removed.size() > before ? Optional.of(removed.getLast()) : Optional.empty();
    }

    private boolean isShared(Current current) {
        return current().stream()
                .anyMatch(other -> !other.name().equals(current.name())
                        && other.directory().equals(current.directory()));
    }

    private void removeSuperseded() {
        // The lock for publishing: between the creation of a directory and of its pointer, nothing refers to it.
        try (PathLock _ = PathLock.acquire(store.resolve(ArtifactStore.REFERENCES_LOCK), () -> {})) {
            Set<Path> known = current().stream().map(Current::directory).collect(Collectors.toSet());
            for (Path entry : entries("[!.]*")) {
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS) && !known.contains(entry)) {
                    remove(entry, "superseded", () -> PrivateFiles.delete(entry));
                }
            }
        }
    }

    private void removeStaged() {
        for (Path entry : entries(".*~building-*")) {
            Matcher matcher = STAGED.matcher(entry.getFileName().toString());
            if (matcher.matches()) {
                // A builder holds the lock, so if we hold it, the builder is dead.
                underLockOf(
                        requireNonNull(matcher.group(1)),
                        () -> remove(
                                entry,
                                "left by a build that died",
                                () -> Supervisor.none().remove(entry)));
            }
        }
    }

    private void removeTemporary() {
        for (Path entry : entries(".*")) {
            if (TEMPORARY.matcher(entry.getFileName().toString()).matches()
                    && Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)
                    && modified(entry).plus(TEMPORARY_LIFE).isBefore(now)) {
                remove(entry, "left by a write that died", () -> PrivateFiles.delete(entry));
            }
        }
    }

    /**
     * Runs an action under the locks of the name and of publishing, so that no other name refers to the directory
     * meanwhile.
     */
    private void underLocksOf(String name, Runnable action) {
        underLockOf(name, () -> {
            try (PathLock _ = PathLock.acquire(store.resolve(ArtifactStore.REFERENCES_LOCK), () -> {})) {
                action.run();
            }
        });
    }

    private void underLockOf(String name, Runnable action) {
        Optional<PathLock> lock = PathLock.tryAcquire(ArtifactStore.lockFile(store, name));
        if (lock.isPresent()) {
            try (PathLock _ = lock.get()) {
                action.run();
            }
        }
    }

    private void remove(Path path, String reason, Runnable removal) {
        long bytes = DiskUsage.bytes(path);
        if (uses.removeUnused(path, dryRun ? () -> {} : removal)) {
            removed.add(new UnusedPath(path, reason, bytes));
        }
    }

    private List<Path> entries(String glob) {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(store, glob)) {
            found.forEach(entries::add);
        } catch (IOException failure) {
            throw StorageFaults.of("list", store, failure);
        }
        entries.sort(null);
        return entries;
    }

    private static Instant modified(Path path) {
        try {
            return Files.getLastModifiedTime(path).toInstant();
        } catch (IOException gone) {
            return Instant.EPOCH;
        }
    }
}
