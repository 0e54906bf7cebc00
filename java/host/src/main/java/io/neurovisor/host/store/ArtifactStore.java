package io.neurovisor.host.store;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

/**
 * Built directories of one kind, such as images. Each name has one current artifact. A new artifact gets a new
 * directory, so that an older one remains usable.
 *
 * <p>An artifact is returned only if its files are intact. Concurrent builders of one name, in any thread or process,
 * build once: the others wait and take the result.
 *
 * @param kind the kind of artifact for messages: "image"
 * @param directory the directory of the store, created by the first build
 */
public record ArtifactStore(String kind, Path directory, FileDigests digests, Supervisor supervisor) {
    static final String REFERENCES_LOCK = ".references.lock";

    /** Returns the state without building; reads only files that have changed. */
    public ArtifactState state(String name, String input) {
        Optional<CurrentArtifact> current = CurrentArtifact.read(CurrentArtifact.file(directory, name));
        if (current.isEmpty()) {
            return new ArtifactState.Missing();
        }
        Path home = directory.resolve(current.get().directory());
        return current.get().input().equals(input)
                ? verified(name, current.get(), home)
                : new ArtifactState.Outdated(home);
    }

    /** Returns the state of the name's current artifact, whatever its input. */
    public ArtifactState state(String name) {
        return CurrentArtifact.read(CurrentArtifact.file(directory, name))
                .map(current -> verified(name, current, directory.resolve(current.directory())))
                .orElseGet(ArtifactState.Missing::new);
    }

    private ArtifactState verified(String name, CurrentArtifact current, Path home) {
        Optional<byte[]> content = Checksums.read(home);
        if (content.isEmpty()) {
            return new ArtifactState.Damaged(home, Checksums.FILE + " is missing");
        }
        Optional<Checksums> checksums = Checksums.parse(content.get());
        if (checksums.isEmpty() || !Sha256.of(content.get()).equals(current.checksums())) {
            return new ArtifactState.Damaged(home, Checksums.FILE + " has changed since it was built");
        }
        Optional<String> problem = checksums.get().firstProblem(home, digests);
        return problem.isPresent()
                ? new ArtifactState.Damaged(home, problem.get())
                : new ArtifactState.Ready(
                        new Artifact(name, home, checksums.get().digests()));
    }

    /** Returns the artifact; builds it if it is missing, outdated or damaged. */
    public Artifact obtain(String name, String input, ArtifactBuilder builder, Progress progress) {
        if (state(name, input) instanceof ArtifactState.Ready(Artifact artifact)) {
            return artifact;
        }
        PrivateFiles.directory(directory);
        try (PathLock lock = lock(name, progress)) {
            return switch (state(name, input)) {
                case ArtifactState.Ready(Artifact artifact) -> artifact;
                case ArtifactState.Missing(), ArtifactState.Outdated(Path _) -> build(name, input, builder, lock);
                case ArtifactState.Damaged(Path home, String problem) -> {
                    progress.step("Building %s %s again: %s".formatted(kind, name, problem));
                    yield rebuild(name, input, builder, lock, home.resolve(problem));
                }
            };
        }
    }

    /** Builds the artifact even if it exists; the old one stays current until the new one is complete. */
    public Artifact replace(String name, String input, ArtifactBuilder builder, Progress progress) {
        PrivateFiles.directory(directory);
        try (PathLock lock = lock(name, progress)) {
            return build(name, input, builder, lock);
        }
    }

    private PathLock lock(String name, Progress progress) {
        return PathLock.acquire(
                lockFile(directory, name),
                () -> progress.step("Another NeuroVisor process is building %s %s; waiting".formatted(kind, name)));
    }

    private Artifact rebuild(String name, String input, ArtifactBuilder builder, PathLock lock, Path problem) {
        try {
            return build(name, input, builder, lock);
        } catch (NeuroVisorException failure) {
            if (failure.fault() == Fault.INTERRUPTED) {
                throw failure;
            }
            throw new NeuroVisorException(
                    Fault.IMAGE_BROKEN,
                    "%s, and building %s %s again failed: %s".formatted(problem, kind, name, failure.getMessage()),
                    failure);
        }
    }

    private Artifact build(String name, String input, ArtifactBuilder builder, PathLock lock) {
        try (StagedDirectory staged = StagedDirectory.begin(directory, name, lock, supervisor)) {
            String directoryName = builder.build(staged.path());
            if (!CurrentArtifact.DIRECTORY.matcher(directoryName).matches()) {
                throw new NeuroVisorException(Fault.INTERNAL, "Not a directory name: " + directoryName);
            }
            sealAll(staged.path());
            Checksums checksums = Checksums.compute(staged.path());
            byte[] content = checksums.format();
            PrivateFiles.replace(staged.path().resolve(Checksums.FILE), content);
            PrivateFiles.seal(staged.path().resolve(Checksums.FILE));
            Path home = publish(staged, checksums, new CurrentArtifact(input, directoryName, Sha256.of(content)), name);
            return new Artifact(name, home, checksums.digests());
        }
    }

    private Path publish(StagedDirectory staged, Checksums checksums, CurrentArtifact current, String name) {
        // Otherwise removeOutdated could find the directory before a pointer refers to it.
        try (PathLock _ = referencesLock()) {
            Path home = staged.publish(current.directory());
            // INVARIANT: only this builder could write to the staging directory, so its files have not changed since
            // they were hashed.
            Map<Path, String> remembered = new HashMap<>();
            checksums.digests().forEach((file, digest) -> remembered.put(home.resolve(file), digest));
            digests.remember(remembered);
            current.write(CurrentArtifact.file(directory, name));
            return home;
        }
    }

    private PathLock referencesLock() {
        return PathLock.acquire(directory.resolve(REFERENCES_LOCK), () -> {});
    }

    private static void sealAll(Path tree) {
        try (Stream<Path> files = Files.walk(tree)) {
            files.filter(Files::isRegularFile).forEach(PrivateFiles::seal);
        } catch (IOException failure) {
            throw StorageFaults.of("read", tree, failure);
        }
    }

    /** Returns the current artifacts that are intact. */
    public List<Artifact> built() {
        return names().stream()
                .map(this::state)
                .filter(ArtifactState.Ready.class::isInstance)
                .map(ready -> ((ArtifactState.Ready) ready).artifact())
                .toList();
    }

    /** Returns the names that have a current artifact, sorted. */
    public List<String> names() {
        return entries("*" + CurrentArtifact.SUFFIX).stream()
                .map(path -> path.getFileName().toString())
                .map(file -> file.substring(0, file.length() - CurrentArtifact.SUFFIX.length()))
                .sorted()
                .toList();
    }

    /** Removes the name's current artifact; returns false if there is none. */
    public boolean remove(String name, Progress progress) {
        Path pointer = CurrentArtifact.file(directory, name);
        Optional<CurrentArtifact> current = CurrentArtifact.read(pointer);
        if (!Files.exists(pointer)) {
            return false;
        }
        try (PathLock _ = lock(name, progress)) {
            PrivateFiles.delete(pointer);
            current.ifPresent(found -> PrivateFiles.delete(directory.resolve(found.directory())));
        }
        return true;
    }

    /** Returns this store for a {@link StoreSweep}. */
    public StoreContent content(BiPredicate<String, String> needed) {
        return new StoreContent(directory, needed);
    }

    /** Removes the directories that are not a current artifact; returns them. */
    public List<Path> removeOutdated() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (PathLock _ = referencesLock()) {
            List<String> used = names().stream()
                    .flatMap(name -> CurrentArtifact.read(CurrentArtifact.file(directory, name)).stream())
                    .map(CurrentArtifact::directory)
                    .toList();
            List<Path> outdated = entries("[!.]*").stream()
                    .filter(Files::isDirectory)
                    .filter(path -> !used.contains(path.getFileName().toString()))
                    .toList();
            outdated.forEach(PrivateFiles::delete);
            return outdated;
        }
    }

    /** Returns the file of the lock for building, replacing and removing the name's artifact. */
    static Path lockFile(Path directory, String name) {
        return directory.resolve("." + name + ".lock");
    }

    /** Returns the files that refer to the current artifacts of a store. */
    static List<Path> pointers(Path directory) {
        return entries(directory, "*" + CurrentArtifact.SUFFIX);
    }

    private List<Path> entries(String glob) {
        return entries(directory, glob);
    }

    private static List<Path> entries(Path directory, String glob) {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, glob)) {
            found.forEach(entries::add);
        } catch (IOException failure) {
            throw StorageFaults.of("list", directory, failure);
        }
        return entries;
    }
}
