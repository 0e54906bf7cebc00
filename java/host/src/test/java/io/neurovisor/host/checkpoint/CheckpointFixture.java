package io.neurovisor.host.checkpoint;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.store.ArtifactStore;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;

/** A data directory with the files of a guest, a template, and a store of checkpoints. */
final class CheckpointFixture {
    static final SandboxId ID = new SandboxId("a".repeat(20));
    static final VmmIdentity VMM = new VmmIdentity("qemu", "10.0.2", "tcg", "qemu64", "microvm");
    static final String NAME = "0123456789abcdef";

    private final Path data;
    private final ArtifactStore templates;
    private final FileDigests digests;

    CheckpointFixture(Path data) throws IOException {
        this.data = data;
        this.digests = new FileDigests(data.resolve("digests"), InstantSource.system());
        this.templates = new ArtifactStore("template", data.resolve("templates"), digests, Supervisor.none());
        for (String file : new String[] {"kernels/one/vmlinux", "initrds/one/initrd", "images/base-1/rootfs"}) {
            Path path = data.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, file);
        }
        make("memory");
    }

    /** Makes the template, again if it exists. */
    void make(String memory) {
        templates.replace(
                NAME,
                Sha256.of(NAME.getBytes(StandardCharsets.UTF_8)),
                directory -> {
                    write(directory.resolve("memory"), memory);
                    // For the fake VMM.
                    write(directory.resolve("state"), "");
                    return NAME;
                },
                Progress.SILENT);
    }

    Path data() {
        return data;
    }

    /** Returns the directory of the store. */
    Path home() {
        return data.resolve("sandboxes/checkpoints");
    }

    Path directory(SandboxCheckpoint checkpoint) {
        return home().resolve(checkpoint.sandbox() + "-" + checkpoint.generation());
    }

    Path machine(SandboxCheckpoint checkpoint) {
        return directory(checkpoint).resolve("machine");
    }

    Path manifest(SandboxCheckpoint checkpoint) {
        return directory(checkpoint).resolve("manifest.json");
    }

    FileCheckpointStore store() {
        return store(Long.MAX_VALUE, Supervisor.none());
    }

    FileCheckpointStore store(long maxBytes, Supervisor supervisor) {
        return new FileCheckpointStore(home(), digests, maxBytes, InstantSource.system(), supervisor);
    }

    SavedVm template() {
        return new SavedVm(
                new BootFiles(
                        "base",
                        data.resolve("kernels/one/vmlinux"),
                        Sha256.of(data.resolve("kernels/one/vmlinux")),
                        data.resolve("initrds/one/initrd"),
                        Sha256.of(data.resolve("initrds/one/initrd")),
                        data.resolve("images/base-1/rootfs"),
                        Sha256.of(data.resolve("images/base-1/rootfs"))),
                SandboxSize.SMALL,
                data.resolve("templates").resolve(NAME));
    }

    CheckpointSource source(int generation) {
        return source(ID, generation);
    }

    CheckpointSource source(SandboxId id, int generation) {
        return new CheckpointSource(id, generation, template(), VMM);
    }

    /** Saves the sandbox with pages that are too large for a digest. */
    SandboxCheckpoint save(int generation) {
        return store().save(source(generation), 2 << 20, new CheckpointWriter("state", 2 << 20));
    }

    static void write(Path file, String content) {
        try {
            Files.writeString(file, content);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
