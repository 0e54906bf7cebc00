package io.neurovisor.host.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.probe.ProbeCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FirecrackerLocatorTest {
    private static final String VERSION = FirecrackerLocator.SUPPORTED.getLast();

    @TempDir
    private Path directory;

    private Path data;
    private Path path;

    @BeforeEach
    void makeDirectories() throws IOException {
        data = Files.createDirectory(directory.resolve("data"));
        path = Files.createDirectory(directory.resolve("path"));
    }

    @Test
    void prefersTheDataDirectoryToThePath() throws IOException {
        assertThat(locator().find()).isEmpty();
        Path searched = install(path, VERSION, VERSION);
        assertThat(locator().find())
                .contains(new FirecrackerProgram(searched, searched.resolveSibling("jailer"), VERSION));
        Path kept = install(FirecrackerLocator.directory(data, VERSION), VERSION, VERSION);
        assertThat(locator().find().orElseThrow().executable()).isEqualTo(kept);
        assertThat(locator().at(searched).executable()).isEqualTo(searched);
    }

    @ParameterizedTest
    @CsvSource({
        "1.16.0, 1.16.0, whose vsock stays dead",
        "1.1.0, 1.1.0, supported: ",
        "1.12.1, 1.10.0, take both from one release",
        "nonsense, 1.12.1, does not say its version",
        "1.12.1, '', no jailer next to it"
    })
    void rejectsUntestedVersions(String version, String jailer, String words) throws IOException {
        install(path, version, jailer);
        assertMissing(words, () -> locator().find());
        assertMissing(words, () -> locator().at(path.resolve("firecracker")));
    }

    @Test
    void reportsAFileThatIsNotAProgram() throws IOException {
        assertMissing("--firecracker", () -> locator().at(path.resolve("firecracker")));
        assertMissing("--firecracker", () -> locator().at(path));
        Path broken = install(path, VERSION, VERSION);
        Files.writeString(broken, "no program at all");
        assertMissing(broken.toString(), () -> locator().at(broken));
    }

    private FirecrackerLocator locator() {
        return new FirecrackerLocator(data, "/no/such/place::" + path, new ProbeCache(data.resolve("probes")));
    }

    private static Path install(Path into, String version, String jailer) throws IOException {
        Files.createDirectories(into);
        if (!jailer.isEmpty()) {
            script(into.resolve("jailer"), "Jailer v" + jailer);
        }
        return script(into.resolve("firecracker"), "Firecracker v" + version);
    }

    private static Path script(Path file, String says) throws IOException {
        Files.writeString(file, "#!/bin/sh\necho '" + says + "'\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }

    private static void assertMissing(String words, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.VMM_MISSING))
                .hasMessageContaining(words);
    }
}
