package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The files that a VMM has written for a checkpoint.
 *
 * @param states by file name
 */
record MachineFiles(Map<String, FileState> states) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}");

    MachineFiles {
        states = Map.copyOf(states);
        if (states.isEmpty()
                || !states.keySet().stream().allMatch(name -> NAME.matcher(name).matches())) {
            throw new IllegalArgumentException("not the names of files");
        }
    }

    /**
     * Flushes new files to the disk, makes their directory private and returns their states. They keep the modes that the VMM
     * gave them: a VMM with a uid of its own opens one of them again, which that uid has to be allowed.
     */
    static MachineFiles finish(Path directory) {
        try {
            PrivateFiles.restrict(directory);
            Map<String, FileState> states = new TreeMap<>();
            for (String name : names(directory)) {
                Path file = directory.resolve(name);
                if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    throw new NeuroVisorException(Fault.INTERNAL, file + " is not a regular file");
                }
                PrivateFiles.sync(file);
                states.put(name, FileState.of(file));
            }
            return new MachineFiles(states);
        } catch (IOException failure) {
            throw StorageFaults.of("read", directory, failure);
        } catch (IllegalArgumentException exception) {
            throw new NeuroVisorException(Fault.INTERNAL, directory + " has no files of a checkpoint", exception);
        }
    }

    /** Throws {@code CHECKPOINT_DAMAGED} unless the directory has these files, as they were written. */
    void requireUnchanged(SandboxId sandbox, Path directory) {
        try {
            Set<String> found = Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) ? names(directory) : Set.of();
            Optional<String> problem = firstProblem(directory, found);
            if (problem.isPresent()) {
                throw CheckpointFaults.damaged(sandbox, problem.get(), null);
            }
        } catch (IOException failure) {
            throw StorageFaults.of("read", directory, failure);
        }
    }

    private Optional<String> firstProblem(Path directory, Set<String> found) throws IOException {
        for (Map.Entry<String, FileState> expected : new TreeMap<>(states).entrySet()) {
            Path file = directory.resolve(expected.getKey());
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                return Optional.of(expected.getKey() + " is missing");
            }
            Optional<String> difference = expected.getValue().difference(file);
            if (difference.isPresent()) {
                return Optional.of(expected.getKey() + " " + difference.get());
            }
        }
        return found.equals(states.keySet()) ? Optional.empty() : Optional.of("a file was added");
    }

    private static Set<String> names(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
