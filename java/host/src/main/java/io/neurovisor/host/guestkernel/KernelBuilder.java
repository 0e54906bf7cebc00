package io.neurovisor.host.guestkernel;

import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.debian.BuildFailures;
import io.neurovisor.host.debian.DebianSources;
import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.debian.Mmdebstrap;
import io.neurovisor.host.files.DiskSpace;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.process.ToolResult;
import io.neurovisor.host.store.ArtifactBuilder;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/** Extracts the guest kernel, and the modules that a guest needs, from Debian's cloud kernel package. */
public final class KernelBuilder implements ArtifactBuilder {
    public static final String KERNEL = "vmlinux";
    static final String CONFIG = "config";
    public static final String MODULES = "modules";
    public static final String ORDER = "order";

    private static final String DEBIAN_PACKAGE = "linux-image-cloud-amd64";
    private static final long NEEDED_BYTES = 600L << 20;

    /** The order matters where dependencies leave a choice: devices, file systems, the channel, the host's clock. */
    private static final List<String> WANTED = List.of(
            "virtio_mmio",
            "virtio_blk",
            "virtio_console",
            "virtio_rng",
            "squashfs",
            "erofs",
            "ext4",
            "overlay",
            "vsock",
            "vmw_vsock_virtio_transport",
            "ptp_kvm");

    /** The digest of all inputs of the build. */
    public static final String INPUT = Sha256.of("kernel-2 %s %s %s"
            .formatted(DEBIAN_PACKAGE, DebianSources.SUITE, WANTED)
            .getBytes(StandardCharsets.UTF_8));

    private final Mmdebstrap mmdebstrap;
    private final Supervisor supervisor;
    private final InstantSource clock;
    private final Progress progress;

    KernelBuilder(Mmdebstrap mmdebstrap, Supervisor supervisor, InstantSource clock, Progress progress) {
        this.mmdebstrap = mmdebstrap;
        this.supervisor = supervisor;
        this.clock = clock;
        this.progress = progress;
    }

    @Override
    public String build(Path emptyDirectory) {
        DiskSpace.require(ArtifactBuilder.store(emptyDirectory), NEEDED_BYTES, "Building the guest kernel");
        progress.step("Fetching the guest kernel (%s)".formatted(DEBIAN_PACKAGE));
        Path scratch = PrivateFiles.directory(emptyDirectory.resolve("scratch"));
        KernelPackage kernelPackage = new KernelPackage(PrivateFiles.directory(scratch.resolve("modules")));
        fetch(emptyDirectory, scratch, kernelPackage);
        progress.step("Unpacking guest kernel " + kernelPackage.release());
        try {
            return unpack(kernelPackage, emptyDirectory);
        } catch (IOException failure) {
            throw StorageFaults.of("unpack the guest kernel into", emptyDirectory, failure);
        } finally {
            PrivateFiles.delete(scratch);
        }
    }

    private void fetch(Path emptyDirectory, Path scratch, KernelPackage into) {
        ToolCommand command = mmdebstrap.tarOf(
                "extract", List.of(DEBIAN_PACKAGE), List.of(), mmdebstrap.scratch(scratch.resolve("install")));
        ToolResult result = supervisor
                .tool(command)
                .output(into::read)
                .messages(line -> Mmdebstrap.progress(line).ifPresent(progress::detail))
                .run();
        if (result.failed()) {
            throw BuildFailures.of("the guest kernel", ArtifactBuilder.store(emptyDirectory), result);
        }
    }

    private String unpack(KernelPackage kernelPackage, Path home) throws IOException {
        List<String> order = ModuleOrder.of(WANTED, kernelPackage.builtIn(), kernelPackage::module);
        Path modules = PrivateFiles.directory(home.resolve(MODULES));
        for (String module : order) {
            Files.write(modules.resolve(module + ".ko"), kernelPackage.moduleContent(module));
        }
        List<String> files = order.stream().map(module -> module + ".ko").toList();
        Files.writeString(modules.resolve(ORDER), String.join("\n", files) + "\n");
        Files.write(home.resolve(CONFIG), kernelPackage.config());
        Path kernel = home.resolve(KERNEL);
        kernelPackage.kernel().unpackTo(kernel);
        KernelManifest manifest = new KernelManifest(
                kernelPackage.release(),
                DEBIAN_PACKAGE,
                DebianSources.SUITE,
                clock.instant().toString(),
                mmdebstrap.sources().publicAddresses(),
                files);
        ManifestFile.write(home.resolve(KernelManifest.FILE), manifest);
        String digest = Sha256.of(kernel);
        return kernelPackage.release() + "-" + Sha256.abbreviate(digest);
    }
}
