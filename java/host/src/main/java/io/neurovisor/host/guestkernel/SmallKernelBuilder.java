package io.neurovisor.host.guestkernel;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.build.BuildScratch;
import io.neurovisor.host.debian.BuildFailures;
import io.neurovisor.host.debian.DebianSources;
import io.neurovisor.host.debian.InstalledPackage;
import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.debian.Mmdebstrap;
import io.neurovisor.host.debian.PackageSbom;
import io.neurovisor.host.files.DiskSpace;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.ArtifactBuilder;
import io.neurovisor.host.store.Supervisor;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * Compiles the small guest kernel in a temporary Debian system, so that the host needs no compiler and the result
 * depends only on packages whose versions are recorded.
 *
 * @param log the file for the complete output of the tools, which is kept
 */
record SmallKernelBuilder(
        KernelRecipe recipe,
        Mmdebstrap mmdebstrap,
        Supervisor supervisor,
        Path log,
        InstantSource clock,
        Progress progress)
        implements ArtifactBuilder {
    /** Most of it for the source and the object files. */
    private static final long NEEDED_BYTES = 3500L << 20;

    /** mmdebstrap removes a directory of three gigabytes when it is stopped. */
    private static final Duration CLEANUP = Duration.ofSeconds(60);

    /** The files in the output directory of the build. */
    private static final List<String> MADE = List.of("vmlinux", "config", "facts", "packages.tsv");

    @Override
    public String build(Path emptyDirectory) {
        Path scratch = PrivateFiles.directory(emptyDirectory.resolve("scratch"));
        DiskSpace.require(scratch, NEEDED_BYTES, "Building the small kernel");
        progress.step("Fetching kernel source and compiler from %s (all in all up to half an hour; log: %s)"
                .formatted(mmdebstrap.sources().publicAddresses().getFirst(), log));
        Path made = PrivateFiles.directory(scratch.resolve("made"));
        compile(emptyDirectory, scratch, made);
        try {
            SmallKernelManifest manifest = manifest(made);
            Files.move(made.resolve("vmlinux"), emptyDirectory.resolve(KernelBuilder.KERNEL));
            Files.move(
                    made.resolve("config"),
                    emptyDirectory.resolve(KernelBuilder.CONFIG),
                    StandardCopyOption.ATOMIC_MOVE);
            ManifestFile.write(emptyDirectory.resolve(SmallKernelManifest.FILE), manifest);
            PrivateFiles.replace(emptyDirectory.resolve(PackageSbom.FILE), KernelSbom.of(manifest));
            return "small-%s-%s"
                    .formatted(
                            manifest.sourceVersion().replaceAll("[^A-Za-z0-9.+-]", "-"),
                            Sha256.abbreviate(manifest.address()));
        } catch (IOException failure) {
            throw StorageFaults.of("take the small kernel from", made, failure);
        } finally {
            PrivateFiles.delete(scratch);
        }
    }

    private void compile(Path emptyDirectory, Path scratch, Path made) {
        try (KernelBuildOutput output = KernelBuildOutput.to(log, progress, clock)) {
            BuildScratch compiling = mmdebstrap.scratch(scratch.resolve("compile"));
            ToolResult result = supervisor
                    .tool(mmdebstrap.work("essential", KernelRecipe.PACKAGES, hooks(compiling), compiling))
                    .grace(CLEANUP)
                    .messages(output::line)
                    .outputLines(output::line)
                    .run();
            if (result.failed()) {
                throw BuildFailures.of(
                        "the small kernel (log: %s)".formatted(log), ArtifactBuilder.store(emptyDirectory), result);
            }
            MADE.forEach(name -> compiling.moveOut(name, made.resolve(name)));
        }
    }

    private List<String> hooks(BuildScratch compiling) {
        List<String> hooks = new ArrayList<>(List.of(
                "--customize-hook=mkdir \"$1/build\"",
                "--customize-hook=sync-in %s /build"
                        .formatted(Mmdebstrap.quote(compiling.copyIn(recipe.directory(), "recipe"))),
                "--customize-hook=chroot \"$1\" sh /build/build.sh",
                "--customize-hook=chroot \"$1\" dpkg-query -W -f='%s' >\"$1/build/out/packages.tsv\""
                        .formatted(InstalledPackage.QUERY_FORMAT)));
        MADE.forEach(name -> hooks.add("--customize-hook=download /build/out/%s %s"
                .formatted(name, Mmdebstrap.quote(compiling.path().resolve(name)))));
        return hooks;
    }

    private SmallKernelManifest manifest(Path made) throws IOException {
        Properties facts = new Properties();
        try (BufferedReader reader = Files.newBufferedReader(made.resolve("facts"))) {
            facts.load(reader);
        }
        List<InstalledPackage> packages = InstalledPackage.parse(Files.readString(made.resolve("packages.tsv")));
        String sourceVersion = packages.stream()
                .filter(found -> found.name().equals(KernelRecipe.SOURCE_PACKAGE))
                .map(InstalledPackage::version)
                .findFirst()
                .orElseThrow(() -> lacking(KernelRecipe.SOURCE_PACKAGE));
        Path kernel = made.resolve("vmlinux");
        String compiler = fact(facts, "compiler");
        String linker = fact(facts, "linker");
        return new SmallKernelManifest(
                fact(facts, "release"),
                KernelRecipe.SOURCE_PACKAGE,
                sourceVersion,
                recipe.fragmentDigest(),
                recipe.scriptDigest(),
                compiler,
                linker,
                recipe.address(sourceVersion, compiler, linker),
                Sha256.of(kernel),
                Files.size(kernel),
                clock.instant().toString(),
                DebianSources.SUITE,
                mmdebstrap.sources().publicAddresses(),
                packages);
    }

    private static String fact(Properties facts, String name) {
        String value = facts.getProperty(name, "");
        if (value.isEmpty()) {
            throw lacking(name);
        }
        return value;
    }

    private static NeuroVisorException lacking(String what) {
        return new NeuroVisorException(
                Fault.IMAGE_BUILD_FAILED, "Cannot build the small kernel: the build does not report its " + what);
    }
}
