package io.neurovisor.host.image;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.debian.Mmdebstrap;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.guestkernel.KernelBuilder;
import io.neurovisor.host.guestkernel.Kernels;
import io.neurovisor.host.store.Artifact;
import io.neurovisor.host.store.ArtifactState;
import io.neurovisor.host.store.ArtifactStore;
import io.neurovisor.host.store.StoreContent;
import io.neurovisor.host.store.Supervisor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The images of a data directory, with the kernel and the initrd with which they boot.
 *
 * <p>Files are verified by their digest before use; unchanged files are not read again. Safe for use by several threads
 * and processes: each artifact is built once.
 */
public final class Images {
    private final Recipes recipes;
    private final Path agent;
    private final FileDigests digests;
    private final InstantSource clock;
    private final Supervisor supervisor;
    private final Supplier<BuildNamespace> namespace;
    private final ArtifactStore images;
    private final Kernels kernels;
    private final ArtifactStore initrds;

    /**
     * Creates the images of a data directory, which are built from an installation's recipes.
     *
     * @param home the installation, with its recipes in {@code guest/image}
     * @param agent the guest agent's program, statically linked
     * @param dataDirectory the directory for built artifacts
     * @param kernels the kernels of the same data directory
     * @param namespace returns the namespace for scripts of packages; called before a build
     */
    public Images(
            Path home,
            Path agent,
            Path dataDirectory,
            Kernels kernels,
            FileDigests digests,
            InstantSource clock,
            Supervisor supervisor,
            Supplier<BuildNamespace> namespace) {
        this.recipes = new Recipes(home.resolve("guest").resolve("image"));
        this.agent = agent;
        this.digests = digests;
        this.clock = clock;
        this.supervisor = supervisor;
        this.namespace = namespace;
        this.images = new ArtifactStore("image", dataDirectory.resolve("images"), digests, supervisor);
        this.kernels = kernels;
        this.initrds = new ArtifactStore("guest", dataDirectory.resolve("initrds"), digests, supervisor);
    }

    /** Throws if {@link #boot} would refuse the image, whatever it would have to build. */
    public void requireKnown(String name) {
        if (recipes.find(name).isEmpty()) {
            Supplier<Artifact> _ = withoutRecipe(name, Progress.SILENT);
        }
    }

    public boolean isBuilt(String name) {
        return state(name) instanceof ArtifactState.Ready;
    }

    /** Returns the files from which a guest of this image boots; builds those that are missing, outdated or damaged. */
    public BootFiles boot(String name, Progress progress) {
        Optional<Recipe> recipe = recipes.find(name);
        // Errors that would make a long build useless are found before it.
        Supplier<Artifact> image =
                recipe.isPresent() ? () -> obtain(recipe.get(), progress) : withoutRecipe(name, progress);
        requireAgent();
        Artifact kernel = kernels.obtain(progress);
        // Named after the kernel, so that switching between kernels rebuilds nothing.
        Artifact initrd =
                initrds.obtain(kernel.name(), initrdInput(kernel), new InitrdBuilder(agent, kernel), progress);
        return bootFiles(kernel, initrd, image.get());
    }

    /**
     * Builds all that {@link #boot} needs of an image with a recipe, except the initrd, which contains the guest agent.
     */
    public void prepare(String name, Progress progress) {
        Recipe recipe = recipes.find(name).orElseThrow(() -> unknown(name));
        Artifact _ = kernels.obtain(progress);
        Artifact _ = obtain(recipe, progress);
    }

    /** Does the same as {@link #boot} for a user's own image; builds it unless it exists with this definition. */
    public BootFiles define(String name, ImageDefinition definition, Progress progress) {
        obtain(recipes.custom(name, definition), progress);
        return boot(name, progress);
    }

    /** Returns the programs that warm the page cache of this image; none for an unknown image. */
    public List<Program> warmPrograms(String name) {
        return recipes.find(name)
                .or(() -> definition(name).flatMap(definition -> recipes.find(definition.from())))
                .map(recipe -> WarmPrograms.of(recipe.directories()))
                .orElse(List.of());
    }

    /** Returns the files from which a guest of this image boots, if nothing has to be built for it. */
    public Optional<BootFiles> built(String name) {
        ArtifactState image = state(name);
        if (image instanceof ArtifactState.Missing && recipes.find(name).isEmpty()) {
            throw unknown(name);
        }
        requireAgent();
        if (image instanceof ArtifactState.Ready(Artifact rootfs)
                && kernels.ready() instanceof ArtifactState.Ready(Artifact kernel)
                && initrds.state(kernel.name(), initrdInput(kernel)) instanceof ArtifactState.Ready(Artifact initrd)) {
            return Optional.of(bootFiles(kernel, initrd, rootfs));
        }
        return Optional.empty();
    }

    private ArtifactState state(String name) {
        Optional<String> input = recipes.find(name).map(Recipe::digest);
        return input.isPresent() ? images.state(name, input.get()) : images.state(name);
    }

    /** Builds the image and the kernel again from Debian's current packages; the old ones are used until then. */
    public BootFiles rebuild(String name, Progress progress) {
        Recipe recipe = recipes.find(name)
                .or(() -> definition(name).map(definition -> recipes.custom(name, definition)))
                .orElseThrow(() -> unknown(name));
        kernels.renew(progress);
        replace(recipe, progress);
        return boot(name, progress);
    }

    /** Returns the names that {@link #boot} accepts: images with a recipe and built images. */
    public List<String> names() {
        return List.copyOf(new TreeSet<>(
                Stream.concat(recipes.names().stream(), images.names().stream()).toList()));
    }

    /** Lists the built images by name. A damaged one is listed with its problem. */
    public List<ImageSummary> list() {
        return images.names().stream()
                .map(this::summary)
                .flatMap(Optional::stream)
                .toList();
    }

    /** Removes a built image; its recipe remains. */
    public void remove(String name, Progress progress) {
        if (!images.remove(Recipes.checkName(name), progress)) {
            throw new NeuroVisorException(Fault.IMAGE_UNKNOWN, "Image %s is not built".formatted(name));
        }
    }

    /** Returns the stores with tests for current artifacts. An image without a known recipe is kept. */
    public List<StoreContent> stores() {
        return List.of(
                images.content((name, input) -> recipes.find(name)
                        .map(recipe -> recipe.digest().equals(input))
                        .orElse(true)),
                kernels.content(),
                initrds.content(this::isCurrentInitrd));
    }

    private boolean isCurrentInitrd(String kernelName, String input) {
        return !Files.isRegularFile(agent)
                || kernels.built().stream()
                        .anyMatch(kernel -> kernel.name().equals(kernelName)
                                && initrdInput(kernel).equals(input));
    }

    /** Returns the digests of all files from which guests can boot now. */
    public Set<String> bootDigests() {
        return Stream.of(images.built(), kernels.built(), initrds.built())
                .flatMap(List::stream)
                .flatMap(artifact -> artifact.digests().values().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Removes images, kernels and initrds that have been superseded; returns the removed directories. */
    public List<Path> removeOutdated() {
        return Stream.of(images.removeOutdated(), kernels.removeOutdated(), initrds.removeOutdated())
                .flatMap(List::stream)
                .toList();
    }

    private Artifact obtain(Recipe recipe, Progress progress) {
        return images.obtain(
                recipe.name(),
                recipe.digest(),
                // The parent is obtained only if this image is built.
                directory -> build(recipe, recipe.parent().map(below -> obtain(below, progress)), directory, progress),
                progress);
    }

    private Artifact replace(Recipe recipe, Progress progress) {
        Optional<Artifact> parent = recipe.parent().map(below -> replace(below, progress));
        return images.replace(
                recipe.name(), recipe.digest(), directory -> build(recipe, parent, directory, progress), progress);
    }

    private String build(Recipe recipe, Optional<Artifact> parent, Path directory, Progress progress) {
        return new RootfsBuilder(
                        recipe,
                        recipes.layer(),
                        parent.map(artifact -> artifact.file(RootfsBuilder.ROOTFS)),
                        Mmdebstrap.ofHost(namespace.get()),
                        supervisor,
                        clock,
                        progress)
                .build(directory);
    }

    private String initrdInput(Artifact kernel) {
        return InitrdBuilder.input(digests.digest(agent), kernel);
    }

    private void requireAgent() {
        if (!Files.isRegularFile(agent)) {
            throw new NeuroVisorException(
                    Fault.IMAGE_BUILD_FAILED, "The guest agent %s is missing; run ./neurovisor setup".formatted(agent));
        }
    }

    /** Uses a user's own image as it is: the inputs of its build may have changed since. */
    private Supplier<Artifact> withoutRecipe(String name, Progress progress) {
        return switch (images.state(name)) {
            case ArtifactState.Ready(Artifact artifact) -> () -> artifact;
            case ArtifactState.Damaged(Path directory, String problem) -> {
                ImageDefinition definition = definition(name)
                        .orElseThrow(() -> new NeuroVisorException(
                                Fault.IMAGE_BROKEN,
                                "%s: %s, and there is no recipe to build image %s again; remove it with ./neurovisor image rm %s"
                                        .formatted(directory, problem, name, name)));
                yield () -> obtain(recipes.custom(name, definition), progress);
            }
            case ArtifactState.Missing(), ArtifactState.Outdated(Path _) -> throw unknown(name);
        };
    }

    /** Returns the definition of a user's own image, if its manifest can be read. */
    private Optional<ImageDefinition> definition(String name) {
        Optional<Path> directory = switch (images.state(Recipes.checkName(name))) {
            case ArtifactState.Ready(Artifact artifact) -> Optional.of(artifact.directory());
            case ArtifactState.Damaged(Path damaged, String _) -> Optional.of(damaged);
            case ArtifactState.Missing(), ArtifactState.Outdated(Path _) -> Optional.empty();
        };
        return directory
                .map(home -> home.resolve(ImageManifest.FILE))
                .filter(Files::isRegularFile)
                .map(file -> ManifestFile.read(file, ImageManifest.class).definition());
    }

    private NeuroVisorException unknown(String name) {
        return new NeuroVisorException(
                Fault.IMAGE_UNKNOWN,
                "Image %s is not known; known are %s; ./neurovisor image build --name makes others"
                        .formatted(name, String.join(", ", names())));
    }

    private Optional<ImageSummary> summary(String name) {
        return switch (images.state(name)) {
            case ArtifactState.Ready(Artifact artifact) -> Optional.of(ImageSummary.of(artifact));
            case ArtifactState.Damaged(Path directory, String problem) ->
                Optional.of(ImageSummary.damaged(name, directory, problem));
            case ArtifactState.Missing(), ArtifactState.Outdated(Path _) -> Optional.empty();
        };
    }

    private static BootFiles bootFiles(Artifact kernel, Artifact initrd, Artifact image) {
        return new BootFiles(
                image.name(),
                kernel.file(KernelBuilder.KERNEL),
                kernel.digest(KernelBuilder.KERNEL),
                initrd.file(InitrdBuilder.INITRD),
                initrd.digest(InitrdBuilder.INITRD),
                image.file(RootfsBuilder.ROOTFS),
                image.digest(RootfsBuilder.ROOTFS));
    }
}
