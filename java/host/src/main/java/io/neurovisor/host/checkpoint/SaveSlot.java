package io.neurovisor.host.checkpoint;

import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.host.store.UnusedPath;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One of the saves that may be under way at a time, of all processes, or one of the memories that copies share. Its lock shows whether the process of a half-made checkpoint
 * is alive. Slots are few and have fixed names, because the files of locks are never removed.
 */
record SaveSlot(String name, PathLock lock) implements AutoCloseable {
    /** The most memories that copies share at a time. Each stays as long as one of its copies runs. */
    static final int MOST_SHARED = 64;

    /** More saves at a time would only make each of them slower, while its sandbox stands still. */
    private static final int SLOTS = 8;

    /** Waits for a free slot. Must be closed by the thread that calls this. */
    static SaveSlot acquire(Path home) {
        return free(home, saves()).orElseGet(() -> {
            String name = saves().get(ThreadLocalRandom.current().nextInt(SLOTS));
            return new SaveSlot(name, PathLock.acquire(lockFile(home, name), () -> {}));
        });
    }

    /** Returns a free slot of a memory that copies share. Must be closed by the thread that calls this. */
    static Optional<SaveSlot> tryAcquire(Path home) {
        return free(home, shared());
    }

    private static Optional<SaveSlot> free(Path home, List<String> names) {
        return names.stream()
                .flatMap(name ->
                        PathLock.tryAcquire(lockFile(home, name)).map(lock -> new SaveSlot(name, lock)).stream())
                .findFirst();
    }

    private static List<String> saves() {
        return names("save-", SLOTS);
    }

    private static List<String> shared() {
        return names("fork-", MOST_SHARED);
    }

    private static List<String> names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(number -> prefix + number).toList();
    }

    /** Removes what dead processes have left. */
    static List<UnusedPath> sweep(Path home, boolean dryRun) {
        List<UnusedPath> removed = new ArrayList<>();
        for (String name : Stream.concat(saves().stream(), shared().stream()).toList()) {
            if (!leftovers(home, name).isEmpty()) {
                PathLock.tryAcquire(lockFile(home, name)).ifPresent(lock -> {
                    try (lock) {
                        // Listed again, because the process may have ended in between.
                        leftovers(home, name).forEach(left -> removed.add(remove(left, dryRun)));
                    }
                });
            }
        }
        return removed;
    }

    private static UnusedPath remove(Path left, boolean dryRun) {
        UnusedPath unused = new UnusedPath(left, "left by a save or a fork that died", DirectorySize.bytes(left));
        if (!dryRun) {
            Supervisor.none().remove(left);
        }
        return unused;
    }

    private static List<Path> leftovers(Path home, String name) {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(home, "." + name + "~building-*")) {
            entries.forEach(found::add);
            return found;
        } catch (IOException failure) {
            throw StorageFaults.of("list", home, failure);
        }
    }

    private static Path lockFile(Path home, String name) {
        return home.resolve("." + name + ".lock");
    }

    @Override
    public void close() {
        lock.close();
    }
}
