package io.neurovisor.host.guestkernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.host.build.BuildNamespace;
import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.store.Artifact;
import io.neurovisor.host.store.ArtifactState;
import io.neurovisor.host.store.ArtifactStore;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.testkit.RecordingProgress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The choice of the kernel, with kernels that the test stores instead of the builders, which need a network. */
class KernelsTest {
    @TempDir
    private Path directory;

    private Path data;
    private Path fragment;
    private FileDigests digests;

    @BeforeEach
    void createInstallation() throws IOException {
        Path recipe = Files.createDirectories(directory.resolve("home/guest/kernel"));
        fragment = Files.writeString(recipe.resolve("fragment.config"), "CONFIG_NET=y\n");
        Files.writeString(recipe.resolve("build.sh"), "");
        Files.writeString(recipe.resolve("check-config.sh"), "");
        data = directory.resolve("data");
        digests = new FileDigests(data.resolve("digests"), InstantSource.system());
        storeDebian();
    }

    @Test
    void autoBootsDebianUntilTheSmallKernelIsBuilt() {
        assertThat(booted(KernelChoice.AUTO)).isEqualTo("debian");
        assertThat(kernels(KernelChoice.AUTO).ready())
                .isInstanceOfSatisfying(
                        ArtifactState.Ready.class,
                        ready -> assertThat(ready.artifact().name()).isEqualTo("debian"));

        storeSmall();

        assertThat(booted(KernelChoice.AUTO)).isEqualTo("small");
        assertThat(booted(KernelChoice.SMALL)).isEqualTo("small");
        assertThat(booted(KernelChoice.DEBIAN)).isEqualTo("debian");
    }

    @Test
    void rejectsTheSmallKernelUntilItIsBuilt() {
        assertNotBuilt("The small kernel is not built; build it by ./neurovisor kernel build");
        assertThat(kernels(KernelChoice.SMALL).ready()).isInstanceOf(ArtifactState.Missing.class);
    }

    @Test
    void outdatedSmallKernelIsNotBooted() throws IOException {
        storeSmall();
        Files.writeString(fragment, "CONFIG_NET=n\n");

        assertNotBuilt(
                "The small kernel is outdated, for its recipe has changed; build it by ./neurovisor kernel build");
        RecordingProgress progress = new RecordingProgress();
        assertThat(kernels(KernelChoice.AUTO).obtain(progress).name()).isEqualTo("debian");
        assertThat(progress.steps())
                .containsExactly("The small kernel is outdated, for its recipe has changed;"
                        + " booting Debian's until ./neurovisor kernel build");
        assertThat(kernels(KernelChoice.AUTO).list())
                .extracting(
                        KernelSummary::kernel,
                        KernelSummary::boots,
                        summary -> summary.problem().isPresent())
                .containsExactly(tuple(GuestKernel.DEBIAN, true, false), tuple(GuestKernel.SMALL, false, true));
    }

    @Test
    void damagedSmallKernelIsNotBooted() throws IOException {
        Artifact small = storeSmall();
        Files.delete(small.file("vmlinux"));

        assertNotBuilt("The small kernel is damaged (%s: vmlinux is missing); build it by ./neurovisor kernel build"
                .formatted(small.directory()));
        assertThat(booted(KernelChoice.AUTO)).isEqualTo("debian");
        assertThat(kernels(KernelChoice.AUTO).list())
                .last()
                .satisfies(summary -> assertThat(summary.problem().orElse("")).contains("vmlinux is missing"));
    }

    @Test
    void listsTheBuiltKernels() {
        storeSmall();

        List<KernelSummary> list = kernels(KernelChoice.AUTO).list();

        assertThat(list)
                .extracting(KernelSummary::release, KernelSummary::sizeBytes, KernelSummary::boots)
                .containsExactly(tuple("6.12.1-cloud", 6L, false), tuple("6.12.1-neurovisor", 5L, true));
        assertThat(kernels(KernelChoice.DEBIAN).list())
                .extracting(KernelSummary::boots)
                .containsExactly(true, false);
    }

    @ParameterizedTest
    @EnumSource
    void removedKernelIsGone(GuestKernel kernel) {
        storeSmall();
        Kernels kernels = kernels(KernelChoice.AUTO);

        kernels.remove(kernel, Progress.SILENT);

        assertThat(kernels.list())
                .extracting(KernelSummary::kernel)
                .doesNotContain(kernel)
                .hasSize(1);
        assertThatThrownBy(() -> kernels.remove(kernel, Progress.SILENT))
                .hasMessage("Kernel %s is not built".formatted(kernel.label()));
    }

    @Test
    void namesAreClosedLists() {
        assertThat(GuestKernel.named("small")).isEqualTo(GuestKernel.SMALL);
        assertThatThrownBy(() -> GuestKernel.named("auto"))
                .hasMessage("kernel \"auto\" is not known; known are debian, small");
    }

    private Kernels kernels(KernelChoice choice) {
        return new Kernels(
                directory.resolve("home"),
                data,
                choice,
                digests,
                InstantSource.system(),
                Supervisor.none(),
                BuildNamespace.OfUser::new);
    }

    private String booted(KernelChoice choice) {
        return kernels(choice).obtain(Progress.SILENT).name();
    }

    private void assertNotBuilt(String message) {
        assertThatThrownBy(() -> kernels(KernelChoice.SMALL).obtain(Progress.SILENT))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.KERNEL_NOT_BUILT))
                .hasMessage(message);
    }

    private void storeDebian() {
        KernelManifest manifest = new KernelManifest(
                "6.12.1-cloud", "linux-image", "trixie", "2026-11-25T01:26:00Z", List.of(), List.of());
        store(GuestKernel.DEBIAN, KernelBuilder.INPUT, "debian", manifest);
    }

    private Artifact storeSmall() {
        String input = KernelRecipe.read(directory.resolve("home/guest/kernel")).input();
        return store(GuestKernel.SMALL, input, "small", TestKernelManifests.smallKernel());
    }

    private Artifact store(GuestKernel kernel, String input, String content, Record manifest) {
        return new ArtifactStore("kernel", data.resolve("kernels"), digests, Supervisor.none())
                .obtain(
                        kernel.label(),
                        input,
                        staging -> {
                            PrivateFiles.replace(staging.resolve("vmlinux"), content.getBytes(StandardCharsets.UTF_8));
                            ManifestFile.write(staging.resolve("manifest.json"), manifest);
                            return kernel.label() + "-1";
                        },
                        Progress.SILENT);
    }
}
