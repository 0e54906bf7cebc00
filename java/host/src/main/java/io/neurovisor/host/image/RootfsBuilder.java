package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.ArtifactBuilder;
import io.neurovisor.host.store.DiskSpace;
import io.neurovisor.host.store.PrivateFiles;
import io.neurovisor.host.store.Sha256;
import io.neurovisor.host.store.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** Builds a root image: Debian packages, the recipe's changes, packed into one read-only squashfs. */
final class RootfsBuilder implements ArtifactBuilder {
    /** Part of each recipe's digest: a new value makes all images outdated. */
    static final String RELEASE = "rootfs-1";

    static final String ROOTFS = "rootfs.squashfs";
    static final int SHORT_DIGEST = 12;

    /** Packs in seconds, unpacks fast, and is small: lz4 is half as large again and no faster to boot from. */
    private static final List<String> COMPRESSION = List.of("-comp", "zstd", "-Xcompression-level", "9", "-b", "128K");

    /** mmdebstrap removes a directory of a gigabyte when it is stopped. */
    private static final Duration CLEANUP = Duration.ofSeconds(30);

    private static final long NEEDED_BYTES = 2500L << 20;

    private final Recipe recipe;
    private final Mmdebstrap mmdebstrap;
    private final InstantSource clock;
    private final Progress progress;

    RootfsBuilder(Recipe recipe, Mmdebstrap mmdebstrap, InstantSource clock, Progress progress) {
        this.recipe = requireNonNull(recipe, "recipe is null");
        this.mmdebstrap = requireNonNull(mmdebstrap, "mmdebstrap is null");
        this.clock = requireNonNull(clock, "clock is null");
        this.progress = requireNonNull(progress, "progress is null");
    }

    @Override
    public String build(Path emptyDirectory) {
        DiskSpace.require(home(emptyDirectory), NEEDED_BYTES, "Building image " + recipe.name());
        // A missing program is found here, before the long work.
        Map<String, String> tools = Map.of(
                "mmdebstrap", version("mmdebstrap", "mmdebstrap", "--version"),
                "mksquashfs", version("mksquashfs", "squashfs-tools", "-version"));
        Path scratch = PrivateFiles.directory(emptyDirectory.resolve("scratch"));
        Path packages = scratch.resolve("packages.tsv");
        Path rootfs = emptyDirectory.resolve(ROOTFS);
        progress.step("Building image %s from %s (about a minute)"
                .formatted(recipe.name(), mmdebstrap.sources().publicAddresses().getFirst()));
        pack(emptyDirectory, scratch, packages, rootfs);
        progress.step("Recording what image %s holds".formatted(recipe.name()));
        String digest = Sha256.of(rootfs);
        ImageManifest manifest = manifest(rootfs, digest, packages, tools);
        JsonFile.write(emptyDirectory.resolve(ImageManifest.FILE), manifest);
        PrivateFiles.replace(emptyDirectory.resolve(Sbom.FILE), Sbom.of(manifest));
        PrivateFiles.delete(scratch);
        return recipe.name() + "-" + digest.substring(0, SHORT_DIGEST);
    }

    /** The directory a person knows; the one being filled has a passing name. */
    static Path home(Path emptyDirectory) {
        return requireNonNull(emptyDirectory.getParent(), "parent is null");
    }

    private void pack(Path emptyDirectory, Path scratch, Path packages, Path rootfs) {
        ToolCommand install = mmdebstrap.tarOf("minbase", recipe.packages(), hooks(packages), scratch);
        ToolCommand squash = mmdebstrap
                .asNamespaceRoot(ToolCommand.of("mksquashfs", "squashfs-tools", "-", rootfs.toString(), "-tar"))
                .withArguments(COMPRESSION)
                // mmdebstrap's archive has no entry that mksquashfs takes for the root directory.
                .withArguments(List.of("-noappend", "-quiet", "-no-progress", "-root-mode", "0755"))
                .withEnvironment("SOURCE_DATE_EPOCH", Mmdebstrap.SOURCE_DATE_EPOCH);
        ToolResult result = Tool.of(install, squash)
                .grace(CLEANUP)
                .messages(line -> Mmdebstrap.progress(line).ifPresent(progress::detail))
                .run();
        if (result.failed()) {
            throw BuildFailures.of("image " + recipe.name(), home(emptyDirectory), result);
        }
    }

    private List<String> hooks(Path packages) {
        String inside = "/tmp/recipe";
        return List.of(
                "--dpkgopt=" + recipe.directory().resolve("dpkg.cfg"),
                "--essential-hook=mkdir \"$1%s\"".formatted(inside),
                "--essential-hook=sync-in %s %s".formatted(quoted(recipe.directory()), inside),
                "--essential-hook=chroot \"$1\" sh %s/prepare.sh %s".formatted(inside, inside),
                "--customize-hook=chroot \"$1\" sh %s/customize.sh %s".formatted(inside, inside),
                "--customize-hook=chroot \"$1\" dpkg-query -W -f='%s' >\"$1%s/packages.tsv\""
                        .formatted(InstalledPackage.QUERY_FORMAT, inside),
                "--customize-hook=download %s/packages.tsv %s".formatted(inside, quoted(packages)),
                // Proxies and mirrors of the host, with their passwords, are none of a sandbox's business.
                "--customize-hook=rm -rf \"$1%s\" \"$1\"/etc/apt/apt.conf.d/99mmdebstrap \"$1\"/etc/dpkg/dpkg.cfg.d/99mmdebstrap"
                        .formatted(inside),
                "--customize-hook=printf '%s\\n' >\"$1\"/etc/apt/sources.list"
                        .formatted(String.join("\\n", DebianSources.debian().lines())));
    }

    /** mmdebstrap splits the arguments of its own hook commands as a shell would. */
    static String quoted(Path path) {
        return "'" + path.toAbsolutePath().toString().replace("'", "'\\''") + "'";
    }

    private ImageManifest manifest(Path rootfs, String digest, Path packages, Map<String, String> tools) {
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
                    InstalledPackage.parse(Files.readString(packages)));
        } catch (IOException failure) {
            throw StorageFaults.of("read", packages, failure);
        }
    }

    private static String version(String program, String debianPackage, String option) {
        return Tool.of(ToolCommand.of(program, debianPackage, option)).lines().getFirst();
    }
}
