package io.neurovisor.host.image;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.guestkernel.KernelBuilder;
import io.neurovisor.host.guestkernel.KernelChoice;
import io.neurovisor.host.guestkernel.Kernels;
import io.neurovisor.host.store.Artifact;
import io.neurovisor.host.store.ArtifactStore;
import io.neurovisor.host.store.Supervisor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The decisions of {@link Images}; the system tests cover its builders. */
class ImagesTest {
    @TempDir
    private Path directory;

    private Path data;
    private Path agent;
    private FileDigests digests;
    private Images images;

    @BeforeEach
    void createInstallation() throws IOException {
        Path recipe = Files.createDirectories(directory.resolve("home/guest/image/tiny"));
        Files.writeString(recipe.resolve("packages.txt"), "bash\n");
        agent = Files.writeString(directory.resolve("agent"), "agent one");
        data = directory.resolve("data");
        digests = new FileDigests(data.resolve("digests"), InstantSource.system());
        Kernels kernels = new Kernels(
                directory.resolve("home"),
                data,
                KernelChoice.DEBIAN,
                digests,
                InstantSource.system(),
                Supervisor.none(),
                BuildNamespace.OfUser::new);
        images = new Images(
                directory.resolve("home"),
                agent,
                data,
                kernels,
                digests,
                InstantSource.system(),
                Supervisor.none(),
                BuildNamespace.OfUser::new);
    }

    @Test
    void reportsKnownImagesForAnUnknownOne() {
        assertFault(
                () -> images.boot("other", Progress.SILENT),
                Fault.IMAGE_UNKNOWN,
                "Image other is not known; known are tiny; ./neurovisor image build --name makes others");
        assertFault(
                () -> images.built("other"),
                Fault.IMAGE_UNKNOWN,
                "Image other is not known; known are tiny; ./neurovisor image build --name makes others");
        assertFault(() -> images.remove("tiny", Progress.SILENT), Fault.IMAGE_UNKNOWN, "Image tiny is not built");
    }

    @Test
    void lookingBuildsNothing() {
        assertThat(images.built("tiny")).isEmpty();
        assertThat(images.list()).isEmpty();
        assertThat(images.names()).containsExactly("tiny");
        assertThat(data).doesNotExist();
    }

    @Test
    void reportsAMissingAgent() throws IOException {
        storeKernelAndImage();
        Files.delete(agent);

        assertFault(
                () -> images.boot("tiny", Progress.SILENT),
                Fault.IMAGE_BUILD_FAILED,
                "The guest agent %s is missing; run ./neurovisor setup".formatted(agent));
    }

    @Test
    void preparesWithoutAnAgent() throws IOException {
        storeKernelAndImage();
        Files.delete(agent);

        images.prepare("tiny", Progress.SILENT);

        assertThat(data.resolve("initrds")).doesNotExist();
        assertFault(
                () -> images.prepare("other", Progress.SILENT),
                Fault.IMAGE_UNKNOWN,
                "Image other is not known; known are tiny; ./neurovisor image build --name makes others");
    }

    @Test
    void newAgentRebuildsTheInitrdOnly() throws IOException {
        storeKernelAndImage();
        assertThat(images.built("tiny")).isEmpty();
        BootFiles first = images.boot("tiny", Progress.SILENT);
        assertThat(images.built("tiny")).contains(first);

        Files.writeString(agent, "agent two");

        assertThat(images.built("tiny")).isEmpty();
        BootFiles second = images.boot("tiny", Progress.SILENT);
        assertThat(second.initrdDigest()).isNotEqualTo(first.initrdDigest());
        assertThat(second.rootfsDigest()).isEqualTo(first.rootfsDigest());
        assertThat(second.kernel()).isEqualTo(first.kernel());
        assertThat(first.initrd()).exists();
        assertThat(images.removeOutdated()).containsExactly(first.initrd().getParent());
    }

    @Test
    void changedRecipeMakesTheImageOutdated() throws IOException {
        storeKernelAndImage();
        images.boot("tiny", Progress.SILENT);

        Files.writeString(directory.resolve("home/guest/image/tiny/packages.txt"), "bash\njq\n");

        assertThat(images.built("tiny")).isEmpty();
    }

    @Test
    void imageWithoutRecipeIsUsedUntilItIsDamaged() throws IOException {
        Artifact image = storeKernelAndImage();
        BootFiles files = images.boot("tiny", Progress.SILENT);
        PrivateFiles.delete(directory.resolve("home/guest/image/tiny"));

        assertThat(images.boot("tiny", Progress.SILENT)).isEqualTo(files);
        assertThat(images.built("tiny")).contains(files);
        Files.delete(image.file("rootfs.squashfs"));
        assertThat(images.built("tiny")).isEmpty();
        assertFault(
                () -> images.boot("tiny", Progress.SILENT),
                Fault.IMAGE_BROKEN,
                "%s: rootfs.squashfs is missing, and there is no recipe to build image tiny again; remove it with ./neurovisor image rm tiny"
                        .formatted(image.directory()));
        assertThat(images.list())
                .singleElement()
                .satisfies(summary -> assertThat(summary.problem()).contains("rootfs.squashfs is missing"));
    }

    @Test
    void usersImageIsWarmedLikeItsParent() throws IOException {
        Path recipe = directory.resolve("home/guest/image/tiny");
        Files.writeString(recipe.resolve("warm.py"), "print(1)");
        storeKernel();
        storeImage("mine", "c".repeat(64), TestManifests.imageOfAPersonsOwn());

        assertThat(images.boot("mine", Progress.SILENT).image()).isEqualTo("mine");
        assertThat(images.warmPrograms("mine")).isEqualTo(images.warmPrograms("tiny"));
        assertThat(images.warmPrograms("mine"))
                .singleElement()
                .satisfies(program -> assertThat(program.code()).isEqualTo("print(1)"));
        assertThat(images.warmPrograms("unknown")).isEmpty();
        assertThat(images.list())
                .singleElement()
                .satisfies(summary -> assertThat(summary.packageCount()).isEqualTo(3));
    }

    @Test
    void unchangedUsersImageIsNotRebuilt() throws IOException {
        Files.createDirectories(directory.resolve("home/guest/image/custom"));
        Files.createDirectories(directory.resolve("home/guest/image/layer"));
        ImageManifest manifest = TestManifests.imageOfAPersonsOwn();
        ImageDefinition definition = requireNonNull(manifest.definition());
        String digest = new Recipes(directory.resolve("home/guest/image"))
                .custom("mine", definition)
                .digest();
        storeKernel();
        Artifact image = storeImage("mine", digest, manifest);

        BootFiles files = images.define("mine", definition, Progress.SILENT);

        assertThat(files.rootfs()).isEqualTo(image.file("rootfs.squashfs"));
    }

    @Test
    void listsBuiltImages() {
        storeKernelAndImage();

        assertThat(images.list()).singleElement().satisfies(summary -> {
            assertThat(summary.name()).isEqualTo("tiny");
            assertThat(summary.packageCount()).isEqualTo(2);
            assertThat(summary.problem()).isEmpty();
        });
        images.remove("tiny", Progress.SILENT);
        assertThat(images.list()).isEmpty();
    }

    /** Stores artifacts in place of the builders, which need a network. */
    private Artifact storeKernelAndImage() {
        storeKernel();
        String recipe = new Recipes(directory.resolve("home/guest/image"))
                .find("tiny")
                .orElseThrow()
                .digest();
        return storeImage("tiny", recipe, TestManifests.image());
    }

    private void storeKernel() {
        new ArtifactStore("guest", data.resolve("kernels"), digests, Supervisor.none())
                .obtain(
                        "debian",
                        KernelBuilder.INPUT,
                        staging -> {
                            write(staging.resolve("vmlinux"), "kernel");
                            Path modules = PrivateFiles.directory(staging.resolve("modules"));
                            write(modules.resolve("order"), "a.ko\n");
                            write(modules.resolve("a.ko"), "module");
                            return "1.0-abc";
                        },
                        Progress.SILENT);
    }

    private Artifact storeImage(String name, String input, ImageManifest manifest) {
        return new ArtifactStore("image", data.resolve("images"), digests, Supervisor.none())
                .obtain(
                        name,
                        input,
                        staging -> {
                            write(staging.resolve("rootfs.squashfs"), "root");
                            ManifestFile.write(staging.resolve(ImageManifest.FILE), manifest);
                            return name + "-abc";
                        },
                        Progress.SILENT);
    }

    private static void write(Path file, String content) {
        PrivateFiles.replace(file, content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static void assertFault(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Fault fault, String message) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(fault))
                .hasMessage(message);
    }
}
