package io.neurovisor.host.image;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.build.BuildScratch;
import io.neurovisor.host.debian.BuildFailures;
import io.neurovisor.host.debian.DebianSources;
import io.neurovisor.host.debian.HostPip;
import io.neurovisor.host.debian.InstalledPackage;
import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.debian.Mmdebstrap;
import io.neurovisor.host.debian.PackageSbom;
import io.neurovisor.host.debian.PythonPackage;
import io.neurovisor.host.files.DiskSpace;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.ArtifactBuilder;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Builds a root image from Debian packages, or another image, and the recipe's changes, packed into one read-only
 * squashfs.
 */
record RootfsBuilder(
        Recipe recipe,
        Path layer,
        Optional<Path> parentRootfs,
        Mmdebstrap mmdebstrap,
        Supervisor supervisor,
        InstantSource clock,
        Progress progress)
        implements ArtifactBuilder {
    /** Part of each recipe's digest: a new value makes all images outdated. */
    static final String RELEASE = "rootfs-1";

    static final String ROOTFS = "rootfs.squashfs";

    private static final String REQUIREMENTS = "requirements.txt";
    private static final String PACKAGES = "packages.tsv";
    private static final String PYTHON_PACKAGES = "python-packages.txt";

    /** Packs within seconds, unpacks fast and is small: lz4 is half as large again and boots no faster. */
    private static final List<String> COMPRESSION = List.of("-comp", "zstd", "-Xcompression-level", "9", "-b", "128K");

    /** mmdebstrap removes a directory of a gigabyte when it is stopped. */
    private static final Duration CLEANUP = Duration.ofSeconds(30);

    private static final long NEEDED_BYTES = 2500L << 20;

    /** The unpacked parent image needs additional space. */
    private static final long NEEDED_BYTES_TO_EXTEND = 4000L << 20;

    @Override
    public String build(Path emptyDirectory) {
        DiskSpace.require(
                ArtifactBuilder.store(emptyDirectory),
                parentRootfs.isPresent() ? NEEDED_BYTES_TO_EXTEND : NEEDED_BYTES,
                "Building image " + recipe.name());
        // Fails early if a program is missing.
        Map<String, String> tools = Map.of(
                "mmdebstrap", version("mmdebstrap", "mmdebstrap", "--version"),
                "mksquashfs", version("mksquashfs", "squashfs-tools", "-version"));
        Path scratch = PrivateFiles.directory(emptyDirectory.resolve("scratch"));
        Path rootfs = emptyDirectory.resolve(ROOTFS);
        progress.step("Building image %s from %s (about a minute)"
                .formatted(recipe.name(), mmdebstrap.sources().publicAddresses().getFirst()));
        pack(emptyDirectory, scratch, rootfs);
        progress.step("Recording what image %s holds".formatted(recipe.name()));
        String digest = Sha256.of(rootfs);
        ImageManifest manifest = manifest(rootfs, digest, scratch, tools);
        ManifestFile.write(emptyDirectory.resolve(ImageManifest.FILE), manifest);
        PrivateFiles.replace(emptyDirectory.resolve(PackageSbom.FILE), ImageSbom.of(manifest));
        PrivateFiles.delete(scratch);
        return recipe.name() + "-" + Sha256.abbreviate(digest);
    }

    private void pack(Path emptyDirectory, Path scratch, Path rootfs) {
        // Separate directories, so that the scripts that made the archive cannot reach the program that reads it.
        BuildScratch installing = mmdebstrap.scratch(scratch.resolve("install"));
        BuildScratch packing = mmdebstrap.scratch(scratch.resolve("pack"));
        ToolCommand squash = packing.inside(ToolCommand.of("mksquashfs", "squashfs-tools", "-")
                .withArguments(List.of(packing.path().resolve(ROOTFS).toString(), "-tar"))
                .withArguments(COMPRESSION)
                // mmdebstrap's archive has no entry that mksquashfs recognizes as the root directory; it would belong
                // to the user who runs mksquashfs, whatever its options say (4.5.1).
                .withArguments(List.of("-noappend", "-quiet", "-no-progress", "-root-mode", "0755"))
                .withEnvironment("SOURCE_DATE_EPOCH", Mmdebstrap.SOURCE_DATE_EPOCH));
        ToolResult result = supervisor
                .tool(install(scratch, installing), squash)
                .grace(CLEANUP)
                .messages(line -> Mmdebstrap.progress(line).ifPresent(progress::detail))
                .run();
        if (result.failed()) {
            throw BuildFailures.of("image " + recipe.name(), ArtifactBuilder.store(emptyDirectory), result);
        }
        packing.moveOut(ROOTFS, rootfs);
        installing.moveOut(PACKAGES, scratch.resolve(PACKAGES));
        installing.moveOutIfExists(PYTHON_PACKAGES, scratch.resolve(PYTHON_PACKAGES));
    }

    private ToolCommand install(Path scratch, BuildScratch installing) {
        Optional<Path> requirements = recipe.definition()
                .filter(ImageDefinition::hasRequirements)
                .map(definition -> write(scratch.resolve(REQUIREMENTS), definition.requirements()))
                .or(recipe::requirements);
        if (requirements.isEmpty()) {
            return install(installing, requirements, Optional.empty());
        }
        Map<String, String> environment = System.getenv();
        HostPip pip = HostPip.of(environment, Path.of(System.getProperty("user.home")), Path.of("/etc"));
        ToolCommand command = install(installing, requirements, pip.certificates());
        Map<String, String> variables = pip.variables(environment.keySet(), RootfsHooks.CERTIFICATES);
        for (Map.Entry<String, String> variable : variables.entrySet()) {
            command = command.withEnvironment(variable.getKey(), variable.getValue());
        }
        return command;
    }

    private ToolCommand install(BuildScratch installing, Optional<Path> requirements, Optional<Path> certificates) {
        List<String> hooks = hooks(installing, requirements, certificates)
                .options(installing.path().resolve(PACKAGES), installing.path().resolve(PYTHON_PACKAGES));
        return parentRootfs.isPresent()
                ? mmdebstrap.tarOf("custom", List.of(), hooks, installing)
                : mmdebstrap.tarOf("minbase", recipe.packages(), hooks, installing);
    }

    /** Copies what the hooks need, which is the layer's scripts only where there is a parent: the lab's recipes have none. */
    RootfsHooks hooks(BuildScratch installing, Optional<Path> requirements, Optional<Path> certificates) {
        return new RootfsHooks(
                copied(recipe, installing),
                parentRootfs.map(file -> new RootfsHooks.Parent(
                        installing.copyOrLinkIn(file, "parent.squashfs"), installing.copyIn(layer, "layer"))),
                requirements.map(file -> installing.copyIn(file, "requirements.txt")),
                certificates.map(file -> installing.copyIn(file, "certificates.pem")));
    }

    /** Returns the recipe with copies of its files that the command can read. */
    private static Recipe copied(Recipe recipe, BuildScratch installing) {
        Optional<Recipe> parent = recipe.parent().map(below -> copied(below, installing));
        Path directory = installing.copyIn(
                recipe.directory(), "recipe-" + recipe.directories().size());
        return new Recipe(recipe.name(), directory, recipe.packages(), parent, recipe.definition(), recipe.digest());
    }

    private static Path write(Path file, List<String> lines) {
        PrivateFiles.replace(file, (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
        return file;
    }

    private ImageManifest manifest(Path rootfs, String digest, Path scratch, Map<String, String> tools) {
        Path pythonPackages = scratch.resolve(PYTHON_PACKAGES);
        try {
            return new ImageManifest(
                    recipe.name(),
                    recipe.digest(),
                    digest,
                    Files.size(rootfs),
                    clock.instant().toString(),
                    DebianSources.SUITE,
                    mmdebstrap.sources().publicAddresses(),
                    tools,
                    InstalledPackage.parse(Files.readString(scratch.resolve(PACKAGES))),
                    Files.exists(pythonPackages) ? PythonPackage.parse(Files.readString(pythonPackages)) : List.of(),
                    recipe.definition().orElse(null));
        } catch (IOException failure) {
            throw StorageFaults.of("read", scratch, failure);
        }
    }

    private static String version(String program, String debianPackage, String option) {
        return Tool.of(ToolCommand.of(program, debianPackage, option)).lines().getFirst();
    }
}
