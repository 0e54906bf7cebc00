package io.neurovisor.host.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProbeCacheTest {
    @TempDir
    Path directory;

    @Test
    void remembersAcrossProcesses() {
        Path file = directory.resolve("probes");
        new ProbeCache(file).put("a key: with = signs\n", "an answer");
        new ProbeCache(file).put("another", "");
        assertThat(new ProbeCache(file).get("a key: with = signs\n")).contains("an answer");
        assertThat(new ProbeCache(file).get("another")).contains("");
        assertThat(new ProbeCache(file).get("unasked")).isEmpty();
    }

    @Test
    void ignoresADamagedFile() throws IOException {
        Path file = Files.write(directory.resolve("probes"), new byte[] {(byte) 0xff, (byte) 0xfe, '\\', 'u', 'x'});
        assertThat(new ProbeCache(file).get("a")).isEmpty();
        new ProbeCache(file).put("a", "b");
        assertThat(new ProbeCache(file).get("a")).contains("b");
    }

    @Test
    void reportsAnUnwritableDirectory() {
        assertThatThrownBy(() -> new ProbeCache(Path.of("/proc/probes")).put("a", "b"))
                .hasMessageContaining("/proc/probes cannot be written")
                .hasMessageContaining("--data-dir");
    }

    @Test
    void makesNoDirectory() {
        Path missing = directory.resolve("missing");
        new ProbeCache(missing.resolve("probes")).put("a", "b");
        assertThat(missing).doesNotExist();
    }
}
