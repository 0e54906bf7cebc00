package io.neurovisor.host.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DiskCheckTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "images",
                "kernels",
                "initrds",
                "firecracker",
                "labs",
                "templates",
                "sessions",
                "audit",
                "access",
                "journal"
            })
    void reportsTheUsageOfEachKind(String kind) throws IOException {
        Files.createDirectory(directory.resolve(kind));
        Files.write(directory.resolve(kind).resolve("file"), new byte[3 << 20]);
        assertThat(new DiskCheck(directory).examine().detail()).contains(directory + ": " + kind + " 3 MiB;");
    }

    @Test
    void reportsNothingForAMissingDirectory() {
        assertThat(new DiskCheck(directory.resolve("none")).examine().detail()).contains("none: empty;");
    }
}
