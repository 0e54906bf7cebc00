package io.neurovisor.host.guestkernel;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.debian.Mmdebstrap;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.store.Artifact;
import io.neurovisor.host.store.ArtifactBuilder;
import io.neurovisor.host.store.ArtifactState;
import io.neurovisor.host.store.ArtifactStore;
import io.neurovisor.host.store.StoreContent;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The guest kernels of a data directory, and the choice between them.
 *
 * <p>Debian's kernel is built whenever it is needed. The small kernel takes minutes and is built only on request. While
 * it is missing, damaged or outdated, {@link KernelChoice#AUTO} boots Debian's kernel.
 */
public final class Kernels {
    static final String LOG = "small-kernel-build.log";
    private static final String BUILD = "./neurovisor kernel build";

    private final Path recipe;
    private final Path directory;
    private final KernelChoice choice;
    private final InstantSource clock;
    private final Supervisor supervisor;
    private final Supplier<BuildNamespace> namespace;
    private final ArtifactStore store;

    /**
     * Creates the kernels of a data directory, which may be empty.
     *
     * @param home the installation, with the small kernel's recipe in {@code guest/kernel}
     * @param digests the digests of the same data directory
     * @param supervisor supervises the builds
     * @param namespace returns the namespace for scripts of packages; called before a build
     */
    public Kernels(
            Path home,
            Path dataDirectory,
            KernelChoice choice,
            FileDigests digests,
            InstantSource clock,
            Supervisor supervisor,
            Supplier<BuildNamespace> namespace) {
        this.recipe = home.resolve("guest").resolve("kernel");
        this.directory = dataDirectory.resolve("kernels");
        this.choice = choice;
        this.clock = clock;
        this.supervisor = supervisor;
        this.namespace = namespace;
        this.store = new ArtifactStore("kernel", directory, digests, supervisor);
    }

    /** Returns the kernel that guests boot; builds Debian's kernel if it is chosen and missing, outdated or damaged. */
    public Artifact obtain(Progress progress) {
        requireChosen();
        if (choice != KernelChoice.DEBIAN) {
            ArtifactState small = state(GuestKernel.SMALL);
            if (small instanceof ArtifactState.Ready(Artifact artifact)) {
                return artifact;
            }
            problem(small)
                    .ifPresent(known ->
                            progress.step("The small kernel %s; booting Debian's until %s".formatted(known, BUILD)));
        }
        return obtain(GuestKernel.DEBIAN, progress);
    }

    /** Throws {@code KERNEL_NOT_BUILT} if a kernel is chosen that only a command of its own builds. */
    public void requireChosen() {
        if (choice != KernelChoice.SMALL) {
            return;
        }
        ArtifactState small = state(GuestKernel.SMALL);
        if (!(small instanceof ArtifactState.Ready)) {
            throw new NeuroVisorException(
                    Fault.KERNEL_NOT_BUILT,
                    "The small kernel %s; build it by %s"
                            .formatted(problem(small).orElse("is not built"), BUILD));
        }
    }

    /** Returns the kernel that guests boot, if nothing has to be built for it. */
    public ArtifactState ready() {
        return state(booted());
    }

    /** Returns the chosen kernel, whether or not it is built. */
    private GuestKernel booted() {
        return switch (choice) {
            case DEBIAN -> GuestKernel.DEBIAN;
            case SMALL -> GuestKernel.SMALL;
            case AUTO ->
                state(GuestKernel.SMALL) instanceof ArtifactState.Ready ? GuestKernel.SMALL : GuestKernel.DEBIAN;
        };
    }

    private ArtifactState state(GuestKernel kernel) {
        return store.state(kernel.label(), input(kernel));
    }

    /** Builds the kernel unless it is built. */
    public void build(GuestKernel kernel, Progress progress) {
        obtain(kernel, progress);
    }

    /** Builds the kernel again from Debian's current packages; the old one is used until then. */
    public void rebuild(GuestKernel kernel, Progress progress) {
        store.replace(kernel.label(), input(kernel), builder(kernel, progress), progress);
    }

    /** Updates Debian's own kernel if guests boot it. The small kernel is compiled only on request. */
    public void renew(Progress progress) {
        if (booted() == GuestKernel.DEBIAN) {
            rebuild(GuestKernel.DEBIAN, progress);
        }
    }

    /** Lists the built kernels. A damaged or outdated one is listed with its problem. */
    public List<KernelSummary> list() {
        return Stream.of(GuestKernel.values())
                .map(this::summary)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Removes a kernel; templates made with it remain usable. */
    public void remove(GuestKernel kernel, Progress progress) {
        if (!store.remove(kernel.label(), progress)) {
            throw new NeuroVisorException(Fault.KERNEL_NOT_BUILT, "Kernel %s is not built".formatted(kernel.label()));
        }
        store.removeOutdated();
    }

    /** Returns the store and a test for current artifacts: the known kernels, built from today's inputs. */
    public StoreContent content() {
        return store.content((name, input) -> Stream.of(GuestKernel.values())
                .anyMatch(kernel -> kernel.label().equals(name) && input(kernel).equals(input)));
    }

    /** Returns the built kernels that are intact. */
    public List<Artifact> built() {
        return store.built();
    }

    public List<Path> removeOutdated() {
        return store.removeOutdated();
    }

    private Artifact obtain(GuestKernel kernel, Progress progress) {
        return store.obtain(kernel.label(), input(kernel), builder(kernel, progress), progress);
    }

    private String input(GuestKernel kernel) {
        return switch (kernel) {
            case DEBIAN -> KernelBuilder.INPUT;
            case SMALL -> KernelRecipe.read(recipe).input();
        };
    }

    private ArtifactBuilder builder(GuestKernel kernel, Progress progress) {
        // The settings of the host are read only before a build.
        return switch (kernel) {
            case DEBIAN ->
                empty ->
                        new KernelBuilder(Mmdebstrap.ofHost(namespace.get()), supervisor, clock, progress).build(empty);
            case SMALL ->
                empty -> new SmallKernelBuilder(
                                KernelRecipe.read(recipe),
                                Mmdebstrap.ofHost(namespace.get()),
                                supervisor,
                                PrivateFiles.directory(directory).resolve(LOG),
                                clock,
                                progress)
                        .build(empty);
        };
    }

    private static Optional<String> problem(ArtifactState state) {
        return switch (state) {
            case ArtifactState.Ready(Artifact _), ArtifactState.Missing() -> Optional.empty();
            case ArtifactState.Outdated(Path _) -> Optional.of("is outdated, for its recipe has changed");
            case ArtifactState.Damaged(Path home, String problem) ->
                Optional.of("is damaged (%s: %s)".formatted(home, problem));
        };
    }

    private Optional<KernelSummary> summary(GuestKernel kernel) {
        // An outdated kernel exists too, takes space and can be removed.
        ArtifactState any = store.state(kernel.label());
        return switch (any) {
            case ArtifactState.Ready(Artifact artifact) -> Optional.of(summary(kernel, artifact));
            case ArtifactState.Damaged(Path home, String _) ->
                Optional.of(new KernelSummary(kernel, "", "", 0, Instant.EPOCH, home, false, problem(any)));
            case ArtifactState.Missing(), ArtifactState.Outdated(Path _) -> Optional.empty();
        };
    }

    private KernelSummary summary(GuestKernel kernel, Artifact artifact) {
        Path manifest = artifact.file(KernelManifest.FILE);
        return switch (kernel) {
            case DEBIAN -> {
                KernelManifest debian = ManifestFile.read(manifest, KernelManifest.class);
                yield summary(kernel, artifact, debian.release(), debian.created());
            }
            case SMALL -> {
                SmallKernelManifest small = ManifestFile.read(manifest, SmallKernelManifest.class);
                yield summary(kernel, artifact, small.release(), small.created());
            }
        };
    }

    private KernelSummary summary(GuestKernel kernel, Artifact artifact, String release, String created) {
        return new KernelSummary(
                kernel,
                release,
                artifact.digest(KernelBuilder.KERNEL),
                size(artifact.file(KernelBuilder.KERNEL)),
                Instant.parse(created),
                artifact.directory(),
                booted() == kernel,
                problem(state(kernel)));
    }

    private static long size(Path kernel) {
        try {
            return Files.size(kernel);
        } catch (IOException failure) {
            throw StorageFaults.of("read", kernel, failure);
        }
    }
}
