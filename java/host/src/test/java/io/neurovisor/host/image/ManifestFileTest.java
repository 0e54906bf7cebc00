package io.neurovisor.host.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.debian.ManifestFile;
import io.neurovisor.host.guestkernel.KernelManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ManifestFileTest {
    @TempDir
    private Path directory;

    @Test
    void readsAWrittenManifest() {
        Path file = directory.resolve("manifest.json");
        ImageManifest manifest = TestManifests.image();

        ManifestFile.write(file, manifest);

        assertThat(ManifestFile.read(file, ImageManifest.class)).isEqualTo(manifest);
    }

    @Test
    void readsTheManifestOfAnOlderImage() throws IOException {
        Path file = directory.resolve("manifest.json");
        ManifestFile.write(file, TestManifests.image());
        String older = Files.readString(file).replaceAll(",\\s*\"(pythonPackages|definition)\" : (null|\\[ ])", "");
        Files.delete(file);

        assertThat(older).doesNotContain("definition").doesNotContain("pythonPackages");
        assertThat(ManifestFile.read(Files.writeString(file, older), ImageManifest.class))
                .isEqualTo(TestManifests.image());
    }

    @Test
    void readsTheDefinitionOfAnImage() {
        Path file = directory.resolve("manifest.json");

        ManifestFile.write(file, TestManifests.imageOfAPersonsOwn());

        assertThat(ManifestFile.read(file, ImageManifest.class)).isEqualTo(TestManifests.imageOfAPersonsOwn());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"name\":\"base\"",
                "{\"unknown\":1}",
                "{\"release\":\"1\",\"release\":\"2\"}",
                "{\"release\":{\"a\":1}}",
                "{\"release\":\"1\",\"debianPackage\":\"p\",\"suite\":\"s\",\"created\":\"c\",\"sources\":[null],\"modules\":[]}",
                "{\"release\":\"1\",\"debianPackage\":\"p\",\"suite\":\"s\",\"created\":\"c\",\"sources\":[],\"modules\":[]} x"
            })
    void rejectsAMalformedManifest(String content) throws IOException {
        assertBroken(Files.writeString(directory.resolve("manifest.json"), content));
    }

    @Test
    void rejectsAbsurdSizes() throws IOException {
        assertBroken(Files.write(directory.resolve("large"), new byte[ManifestFile.MAX_BYTES + 1]));
        assertBroken(Files.writeString(directory.resolve("deep"), "[".repeat(100_000)));
        assertBroken(Files.writeString(directory.resolve("long"), "{\"release\":\"" + "x".repeat(1_000_000) + "\"}"));
    }

    private static void assertBroken(Path file) {
        assertThatThrownBy(() -> ManifestFile.read(file, KernelManifest.class))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.IMAGE_BROKEN))
                .hasMessageContaining(file.toString())
                .message()
                .doesNotContain("\n");
    }
}
