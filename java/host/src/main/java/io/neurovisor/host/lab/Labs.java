package io.neurovisor.host.lab;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.store.PrivateFiles;
import io.neurovisor.host.store.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The lab machines of one data directory that were started to stay. */
public final class Labs {
    private final Path directory;

    /** @param directory which need not exist yet */
    public Labs(Path directory) {
        this.directory = requireNonNull(directory, "directory is null");
    }

    /** Where the machine's files are. */
    Path home(LabName name) {
        return directory.resolve(name.text());
    }

    /** The machine, if it runs and is ready. */
    public Optional<Lab> find(LabName name) {
        LabFiles files = new LabFiles(home(name));
        return Files.exists(files.address()) && new LabProcess(files.pid()).runs()
                ? Optional.of(Lab.at(name, files))
                : Optional.empty();
    }

    /** Those that run and are ready, by name. */
    public List<Lab> list() {
        return names().stream().map(this::find).flatMap(Optional::stream).toList();
    }

    /** Ends the machine and removes its files; false when there is none. */
    public boolean remove(LabName name) {
        Path home = home(name);
        if (!Files.isDirectory(home)) {
            return false;
        }
        try {
            new LabProcess(new LabFiles(home).pid()).end();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "ending lab " + name + " was cancelled", interrupt);
        }
        PrivateFiles.delete(home);
        return true;
    }

    /** The directories of machines that have ended without being taken down. */
    public List<Path> left() {
        return names().stream()
                .map(this::home)
                .filter(home -> !new LabProcess(new LabFiles(home).pid()).runs())
                .toList();
    }

    private List<LabName> names() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(Files::isDirectory)
                    .filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .map(entry -> new LabName(entry.getFileName().toString()))
                    .sorted(java.util.Comparator.comparing(LabName::text))
                    .toList();
        } catch (IOException failure) {
            throw StorageFaults.of("list", directory, failure);
        }
    }
}
