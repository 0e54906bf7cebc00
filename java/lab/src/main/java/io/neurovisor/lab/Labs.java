package io.neurovisor.lab;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The lab machines of a data directory that run until they are stopped.
 *
 * @param directory the directory for the machines' files; it need not exist
 */
public record Labs(Path directory) {
    /** Returns the directory of a machine. */
    Path home(LabName name) {
        return directory.resolve(name.text());
    }

    /** Returns the machine if it runs and is ready. */
    public Optional<Lab> find(LabName name) {
        LabFiles files = new LabFiles(home(name));
        return Files.exists(files.address()) && new LabProcess(files.pid()).runs()
                ? Optional.of(Lab.at(name, files))
                : Optional.empty();
    }

    /** Returns the machines that run and are ready, by name. */
    public List<Lab> list() {
        return names().stream().map(this::find).flatMap(Optional::stream).toList();
    }

    /** Stops the machine and removes its files; returns false if there is none. */
    public boolean remove(LabName name) {
        if (!Files.isDirectory(home(name))) {
            return false;
        }
        try (PathLock lock = PathLock.acquire(lockFile(name), () -> {})) {
            return remove(name, lock);
        }
    }

    /** Does the same as {@link #remove(LabName)} for a caller that holds the lock of the machine. */
    boolean remove(LabName name, PathLock heldForName) {
        Path home = home(name);
        if (!Files.isDirectory(home)) {
            return false;
        }
        try {
            new LabProcess(new LabFiles(home).pid()).end();
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("ending lab " + name + " was cancelled", interrupt);
        }
        PrivateFiles.delete(home);
        return true;
    }

    /**
     * Removes the directories of machines that ended without being stopped; ignores a machine that is being started.
     *
     * @param dryRun whether they are only reported
     */
    public List<Path> sweep(boolean dryRun) {
        List<Path> swept = new ArrayList<>();
        for (LabName name : names()) {
            Optional<PathLock> held = PathLock.tryAcquire(lockFile(name));
            held.ifPresent(lock -> {
                try (lock) {
                    Path home = home(name);
                    if (Files.isDirectory(home) && !new LabProcess(new LabFiles(home).pid()).runs()) {
                        swept.add(home);
                        boolean _ = !dryRun && remove(name, lock);
                    }
                }
            });
        }
        return swept;
    }

    /** Returns the file of the lock for starting and removing the machine. */
    Path lockFile(LabName name) {
        return directory.resolve("." + name + ".lock");
    }

    private List<LabName> names() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(Files::isDirectory)
                    .filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .map(entry -> new LabName(entry.getFileName().toString()))
                    .sorted(Comparator.comparing(LabName::text))
                    .toList();
        } catch (IOException failure) {
            throw StorageFaults.of("list", directory, failure);
        }
    }
}
