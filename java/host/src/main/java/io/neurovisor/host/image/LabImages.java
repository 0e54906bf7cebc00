package io.neurovisor.host.image;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.debian.Mmdebstrap;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.guestkernel.KernelBuilder;
import io.neurovisor.host.guestkernel.KernelImage;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.store.Artifact;
import io.neurovisor.host.store.ArtifactStore;
import io.neurovisor.host.store.StoreContent;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Supplier;

/** The root image of lab machines, built from its recipe in {@code lab/image} if it is missing or outdated. */
public final class LabImages {
    private static final String NAME = "lab";

    /** The paths at which the recipe places the kernel and the initrd, and their names outside of the image. */
    private static final String PACKED_KERNEL = "boot/lab.vmlinuz";

    private static final String PACKED_INITRD = "boot/lab.initrd";
    private static final String INITRD = "initrd";

    private final Recipes recipes;
    private final ArtifactStore store;
    private final InstantSource clock;
    private final Supervisor supervisor;
    private final Supplier<BuildNamespace> namespace;

    /**
     * Creates the images of a data directory.
     *
     * @param home the installation, with the recipe
     * @param namespace returns the namespace for scripts of packages; called before a build
     */
    public LabImages(
            Path home,
            Path directory,
            FileDigests digests,
            InstantSource clock,
            Supervisor supervisor,
            Supplier<BuildNamespace> namespace) {
        this.recipes = new Recipes(home.resolve("lab").resolve("image"));
        this.store = new ArtifactStore("image", directory, digests, supervisor);
        this.clock = clock;
        this.supervisor = supervisor;
        this.namespace = namespace;
    }

    /** Returns the files from which a lab machine boots; builds them if they are missing or outdated. */
    public LabImage obtain(Progress progress) {
        Recipe recipe = recipe();
        Artifact artifact =
                store.obtain(NAME, recipe.digest(), directory -> build(recipe, directory, progress), progress);
        return new LabImage(
                artifact.file(KernelBuilder.KERNEL), artifact.file(INITRD), artifact.file(RootfsBuilder.ROOTFS));
    }

    /** Returns the store with a test for current artifacts. */
    public StoreContent content() {
        return store.content((_, input) -> recipe().digest().equals(input));
    }

    private Recipe recipe() {
        return recipes.find(NAME).orElseThrow();
    }

    private String build(Recipe recipe, Path directory, Progress progress) {
        String name = new RootfsBuilder(
                        recipe,
                        recipes.layer(),
                        java.util.Optional.empty(),
                        Mmdebstrap.ofHost(namespace.get()),
                        supervisor,
                        clock,
                        progress)
                .build(directory);
        Path rootfs = directory.resolve(RootfsBuilder.ROOTFS);
        Path packedKernel = directory.resolve("vmlinuz");
        copyOut(rootfs, PACKED_KERNEL, packedKernel);
        copyOut(rootfs, PACKED_INITRD, directory.resolve(INITRD));
        try {
            // Unpacked here, because it is slow where the processor is emulated.
            new KernelImage(Files.readAllBytes(packedKernel), PACKED_KERNEL)
                    .unpackTo(directory.resolve(KernelBuilder.KERNEL));
        } catch (IOException failure) {
            throw StorageFaults.of("unpack the lab's kernel into", directory, failure);
        }
        PrivateFiles.delete(packedKernel);
        return name;
    }

    private void copyOut(Path rootfs, String packed, Path target) {
        supervisor
                .tool(ToolCommand.of("unsquashfs", "squashfs-tools", "-cat", rootfs.toString(), packed))
                .output(target)
                .run()
                .orThrow();
    }
}
