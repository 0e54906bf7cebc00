package io.neurovisor.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class LabProcessTest {
    @TempDir
    private Path directory;

    @Test
    void doesNotTrustAProcessIdAlone() throws IOException, InterruptedException {
        // This process, which does not hold the lock: ending it would end the tests.
        Path file = Files.writeString(
                directory.resolve("qemu.pid"),
                Long.toString(ProcessHandle.current().pid()));
        LabProcess process = new LabProcess(file);
        assertThat(process.runs()).isFalse();
        process.end();
        assertThat(ProcessHandle.current().isAlive()).isTrue();
    }

    @Test
    void lockedFileMeansARunningProcess() throws IOException, InterruptedException {
        Path file = directory.resolve("qemu.pid");
        Process holder = LockHolder.start(file);
        try {
            LabProcess process = new LabProcess(file);
            assertThat(process.runs()).isTrue();
            process.end();
            holder.waitFor();
            assertThat(process.runs()).isFalse();
        } finally {
            holder.destroyForcibly();
        }
    }

    @Test
    void missingFileMeansNoProcess() {
        assertThat(new LabProcess(directory.resolve("none")).runs()).isFalse();
    }
}
