package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The complete checkpoints in a directory. A list of a directory that changes meanwhile may miss entries, so lists are made, and
 * entries added and removed, by one thread at a time of all processes.
 */
record PublishedCheckpoints(Path home) {
    private static final String LOCK = ".published.lock";

    boolean exists() {
        return Files.isDirectory(home);
    }

    /** Creates the directory if it is missing; returns it without links, because the spawner does not follow them. */
    Path create() {
        return real(PrivateFiles.directory(home));
    }

    /** Runs an action that no change in any process overlaps. Must not be nested. */
    <T> T locked(Supplier<T> action) {
        if (!exists()) {
            return action.get();
        }
        try (PathLock _ = PathLock.acquire(home.resolve(LOCK), () -> {})) {
            return action.get();
        }
    }

    /** Returns the names of all checkpoints, within {@link #locked}. */
    List<CheckpointName> all() {
        if (!exists()) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(home)) {
            return entries.flatMap(entry -> CheckpointName.of(entry).stream()).toList();
        } catch (IOException failure) {
            throw StorageFaults.of("list", home, failure);
        }
    }

    /** Returns the names of the checkpoints of a sandbox, within {@link #locked}. */
    List<CheckpointName> of(SandboxId sandbox) {
        return all().stream().filter(name -> name.sandbox().equals(sandbox)).toList();
    }

    Path directory(CheckpointName name) {
        return (exists() ? real(home) : home).resolve(name.toString());
    }

    /** Returns the time of a checkpoint's directory, in milliseconds. */
    Instant time(CheckpointName name) {
        try {
            return Files.getLastModifiedTime(directory(name)).toInstant().truncatedTo(ChronoUnit.MILLIS);
        } catch (IOException failure) {
            throw StorageFaults.of("look at", directory(name), failure);
        }
    }

    void setTime(Path directory, Instant time) {
        try {
            Files.setLastModifiedTime(directory, FileTime.from(time));
        } catch (IOException failure) {
            throw StorageFaults.of("set the time of", directory, failure);
        }
    }

    private static Path real(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException failure) {
            throw StorageFaults.of("find", directory, failure);
        }
    }
}
