package io.neurovisor.host.checkpoint;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.store.ArtifactContent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The template on which a checkpoint is based. Its content is part of the record, because a template that was made again under the
 * same name has another memory, into which the pages of the checkpoint do not fit.
 *
 * @param content the digest of the template's list of digests
 */
record BaseTemplate(
        String directory, String content, String size, String image, File kernel, File initrd, File rootfs) {
    BaseTemplate {
        if (!Sha256.isDigest(content)) {
            throw new IllegalArgumentException("not a digest");
        }
        SandboxSize _ = SandboxSize.named(size);
        requirePlain(directory);
    }

    /** A file from which the guest has booted. */
    record File(String path, String digest) {
        File {
            requirePlain(path);
            if (!Sha256.isDigest(digest)) {
                throw new IllegalArgumentException("not a digest");
            }
        }
    }

    /** Throws {@code CHECKPOINT_FOREIGN} if there is no such template. */
    static BaseTemplate of(SandboxId sandbox, SavedVm saved) {
        BootFiles files = saved.files();
        return new BaseTemplate(
                absolute(saved.directory()),
                ArtifactContent.digest(saved.directory()).orElseThrow(() -> removed(sandbox, saved.directory())),
                saved.size().label(),
                files.image(),
                new File(absolute(files.kernel()), files.kernelDigest()),
                new File(absolute(files.initrd()), files.initrdDigest()),
                new File(absolute(files.rootfs()), files.rootfsDigest()));
    }

    /**
     * Returns the record of a machine that was made of a checkpoint of a clone of this template.
     *
     * @param made its files, with their list of digests
     * @param published where they will be
     */
    BaseTemplate flattened(SandboxId sandbox, Path made, Path published) {
        String digest = ArtifactContent.digest(made).orElseThrow(() -> removed(sandbox, made));
        return new BaseTemplate(absolute(published), digest, size, image, kernel, initrd, rootfs);
    }

    SavedVm savedVm() {
        BootFiles files = new BootFiles(
                image,
                Path.of(kernel.path),
                kernel.digest,
                Path.of(initrd.path),
                initrd.digest,
                Path.of(rootfs.path),
                rootfs.digest);
        return new SavedVm(files, SandboxSize.named(size), Path.of(directory));
    }

    /** Returns the directories of the artifacts without which the checkpoint is useless. */
    List<Path> artifacts() {
        return Stream.concat(
                        Stream.of(Path.of(directory)),
                        Stream.of(kernel, initrd, rootfs)
                                .map(file -> requireNonNull(Path.of(file.path).getParent(), "parent is null")))
                .toList();
    }

    /** Throws {@code CHECKPOINT_FOREIGN} unless the template and the files of its guest are what they were. */
    void requireUnchanged(SandboxId sandbox, FileDigests digests) {
        Path template = Path.of(directory);
        Optional<String> found = ArtifactContent.digest(template);
        if (found.isEmpty()) {
            throw removed(sandbox, template);
        }
        if (!found.get().equals(content)) {
            throw CheckpointFaults.foreign(
                    sandbox, "template %s was made again after the sandbox was saved; kill it".formatted(template));
        }
        ArtifactContent.firstProblem(template, digests).ifPresent(problem -> {
            throw CheckpointFaults.foreign(sandbox, "of template %s, %s; kill it".formatted(template, problem));
        });
        Map.of("kernel", kernel, "initrd", initrd, "root image", rootfs).forEach((kind, file) -> {
            Path path = Path.of(file.path);
            if (!Files.isRegularFile(path) || !digests.digest(path).equals(file.digest)) {
                throw CheckpointFaults.foreign(
                        sandbox,
                        "%s %s of image %s was removed or has changed; kill or delete it".formatted(kind, path, image));
            }
        });
    }

    private static NeuroVisorException removed(SandboxId sandbox, Path template) {
        return CheckpointFaults.foreign(sandbox, "template %s was removed; kill or delete it".formatted(template));
    }

    private static String absolute(Path path) {
        return path.toAbsolutePath().normalize().toString();
    }

    private static void requirePlain(String path) {
        if (!path.startsWith("/")
                || path.equals("/")
                || !absolute(Path.of(path)).equals(path)) {
            throw new IllegalArgumentException("not an absolute path");
        }
    }
}
