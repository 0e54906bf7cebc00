package io.neurovisor.host.template;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.template.TemplateKey;
import io.neurovisor.engine.template.TemplateStore;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.store.Artifact;
import io.neurovisor.host.store.ArtifactState;
import io.neurovisor.host.store.ArtifactStore;
import io.neurovisor.host.store.StoreContent;
import io.neurovisor.host.store.Supervisor;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Templates in a directory, each under the digest of its key. A template whose files have changed is made again, never
 * used.
 */
public final class FileTemplateStore implements TemplateStore {
    private static final int NAME_LENGTH = 16;
    private static final String ALL = "all";

    private final ArtifactStore artifacts;
    private final InstantSource clock;

    /** @param supervisor supervises their creation */
    public FileTemplateStore(Path directory, FileDigests digests, InstantSource clock, Supervisor supervisor) {
        this.artifacts = new ArtifactStore("template", directory, digests, supervisor);
        this.clock = clock;
    }

    @Override
    public SavedVm findOrWrite(TemplateKey key, Consumer<Path> writer, Progress progress) {
        String digest = key.digest();
        Artifact artifact = artifacts.obtain(
                name(digest),
                digest,
                directory -> {
                    writer.accept(directory);
                    PrivateFiles.replace(
                            directory.resolve(TemplateRecord.FILE), TemplateRecord.format(key, clock.instant()));
                    return name(digest);
                },
                progress);
        return saved(key, artifact);
    }

    /** Returns all templates that are intact. */
    public List<TemplateRecord> list() {
        return artifacts.names().stream()
                .flatMap(name -> ready(name).stream())
                .flatMap(artifact -> TemplateRecord.read(artifact.directory()).stream())
                .toList();
    }

    /** Removes the templates whose digest begins with the prefix. */
    public void remove(String prefix, Progress progress) {
        List<String> names = artifacts.names().stream()
                .filter(name -> prefix.equals(ALL) || (prefix.length() >= 4 && name.startsWith(prefix)))
                .toList();
        if (names.isEmpty() && !prefix.equals(ALL)) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "template \"" + prefix + "\" does not exist; ./neurovisor template list shows those that do");
        }
        names.forEach(name -> artifacts.remove(name, progress));
    }

    /**
     * Returns this store with a test for current templates: intact ones of files from which guests can boot now.
     *
     * @param bootDigests the digests of these files
     */
    public StoreContent content(Set<String> bootDigests) {
        return artifacts.content((name, _) -> ready(name)
                .flatMap(artifact -> TemplateRecord.read(artifact.directory()))
                .filter(template -> bootDigests.containsAll(template.bootDigests()))
                .isPresent());
    }

    private Optional<Artifact> ready(String name) {
        return artifacts.state(name) instanceof ArtifactState.Ready(Artifact artifact)
                ? Optional.of(artifact)
                : Optional.empty();
    }

    private static SavedVm saved(TemplateKey key, Artifact artifact) {
        return new SavedVm(key.files(), key.size(), artifact.directory());
    }

    private static String name(String digest) {
        return digest.substring(0, NAME_LENGTH);
    }
}
