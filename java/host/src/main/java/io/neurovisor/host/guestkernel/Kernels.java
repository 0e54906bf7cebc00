package io.neurovisor.host.guestkernel;

import static java.util.Objects.requireNonNull;

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
 * The guest kernels of one data directory, and which of them guests boot.
 *
 * <p>Debian's is made whenever it is needed. The small one is made only when somebody asks for that, for it takes minutes;
 * until then, and when it is no longer what was built or not what its recipe says now, {@link KernelChoice#AUTO} boots
 * Debian's.
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
     * Kernels of which none need be there.
     *
     * @param home the installation, with the small kernel's recipe in {@code guest/kernel}
     * @param digests of the same data directory
     * @param supervisor where they are made
     * @param namespace in which scripts of packages run; asked for when something is built
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
        this.choice = requireNonNull(choice, "choice is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.supervisor = requireNonNull(supervisor, "supervisor is null");
        this.namespace = requireNonNull(namespace, "namespace is null");
        this.store = new ArtifactStore("kernel", directory, digests, supervisor);
    }

    /** What guests boot; makes Debian's kernel when it is that and missing, outdated or damaged. */
    Artifact obtain(Progress progress) {
        if (choice != KernelChoice.DEBIAN) {
            ArtifactState small = state(GuestKernel.SMALL);
            if (small instanceof ArtifactState.Ready(Artifact artifact)) {
                return artifact;
            }
            Optional<String> problem = problem(small);
            if (choice == KernelChoice.SMALL) {
                throw new NeuroVisorException(
                        Fault.KERNEL_NOT_BUILT,
                        "The small kernel %s; build it by %s".formatted(problem.orElse("is not built"), BUILD));
            }
            problem.ifPresent(
                    known -> progress.step("The small kernel %s; booting Debian's until %s".formatted(known, BUILD)));
        }
        return obtain(GuestKernel.DEBIAN, progress);
    }

    /** What guests boot, when nothing has to be made for it. */
    public ArtifactState ready() {
        return state(booted());
    }

    /** The kernel that guests boot, be it there already or not. */
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

    /** Makes the kernel unless it is there. */
    public void build(GuestKernel kernel, Progress progress) {
        obtain(kernel, progress);
    }

    /** Makes the kernel anew, from what Debian has now; the old one serves until then. */
    public void rebuild(GuestKernel kernel, Progress progress) {
        store.replace(kernel.label(), input(kernel), builder(kernel, progress), progress);
    }

    /** Brings in what Debian has mended in its own kernel, where guests boot that; compiling is for whoever asks for it. */
    public void renew(Progress progress) {
        if (booted() == GuestKernel.DEBIAN) {
            rebuild(GuestKernel.DEBIAN, progress);
        }
    }

    /** The kernels that are there. One that is damaged or outdated is listed with its problem. */
    public List<KernelSummary> list() {
        return Stream.of(GuestKernel.values())
                .map(this::summary)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Removes a kernel; templates that were made with it go on. */
    public void remove(GuestKernel kernel, Progress progress) {
        if (!store.remove(kernel.label(), progress)) {
            throw new NeuroVisorException(Fault.KERNEL_NOT_BUILT, "Kernel %s is not there".formatted(kernel.label()));
        }
        store.removeOutdated();
    }

    /** This store with what is still good in it: the kernels that we know, made as they would be made now. */
    public StoreContent content() {
        return store.content((name, input) -> Stream.of(GuestKernel.values())
                .anyMatch(kernel -> kernel.label().equals(name) && input(kernel).equals(input)));
    }

    /** The kernels that are there and whole. */
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
        // What the host is set to is asked only when something is built.
        return switch (kernel) {
            case DEBIAN ->
                empty -> new KernelBuilder(Mmdebstrap.ofHost(namespace.get()), supervisor, clock, progress).build(empty);
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
        // Also one from an older recipe is there, takes room and can be removed.
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
