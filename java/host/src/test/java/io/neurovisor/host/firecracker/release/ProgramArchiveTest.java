package io.neurovisor.host.firecracker.release;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProgramArchiveTest {
    @TempDir
    private Path directory;

    @Test
    void extractsNamedFilesOnly() throws IOException {
        Path archive = TestArchives.tarGz(
                directory.resolve("a.tgz"), Map.of("r/one", "first", "../outside", "x", "r/other", "second"));
        archive(archive).readTarGz();
        assertThat(directory.resolve("taken")).hasContent("first");
        assertThat(directory).isDirectoryNotContaining("glob:**outside");
    }

    @Test
    void rejectsALinkInPlaceOfAFile() throws IOException {
        Path archive = TestArchives.tarGzWithLink(directory.resolve("a.tgz"), "r/one", "/etc/passwd");
        assertThatThrownBy(() -> archive(archive).readTarGz())
                .isInstanceOf(NeuroVisorException.class)
                .hasMessageContaining("a.tgz")
                .hasMessageContaining("r/one is not a regular file");
        assertThat(directory.resolve("taken")).doesNotExist();
    }

    @Test
    void reportsAnArchiveWithoutTheProgram() throws IOException {
        Path archive = TestArchives.zip(directory.resolve("a.whl"), Map.of("r/two", "x"));
        assertThatThrownBy(() -> archive(archive).readZip()).hasMessageContaining("it has no r/one");
    }

    @Test
    void rejectsATruncatedArchiveOfPrograms() throws IOException {
        Path whole = TestArchives.tarGz(directory.resolve("a.tgz"), Map.of("r/one", "first".repeat(1000)));
        byte[] content = Files.readAllBytes(whole);
        Files.write(whole, Arrays.copyOf(content, content.length / 2));
        assertThatThrownBy(() -> archive(whole).readTarGz()).hasMessageContaining("it cannot be read");
    }

    @Test
    void rejectsAFileThatIsNotAnArchive() throws IOException {
        Path page = Files.writeString(directory.resolve("a.tgz"), "<html>Sign in to this network</html>");
        assertThatThrownBy(() -> archive(page).readTarGz()).hasMessageContaining("it cannot be read");
        assertThatThrownBy(() -> archive(page).readZip()).hasMessageContaining("cannot be used");
    }

    private ProgramArchive archive(Path file) {
        return new ProgramArchive(file, Map.of("r/one", directory.resolve("taken")));
    }
}
