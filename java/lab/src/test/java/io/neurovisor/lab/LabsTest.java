package io.neurovisor.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.files.PathLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class LabsTest {
    private static final LabName NAME = new LabName("one");

    @TempDir
    private Path directory;

    private Labs labs;
    private LabFiles files;

    @BeforeEach
    void aMachinesDirectory() throws IOException {
        labs = new Labs(directory);
        files = new LabFiles(Files.createDirectories(labs.home(NAME)));
        Files.writeString(files.address(), "2222");
    }

    @Test
    void sweepsEndedMachines() {
        assertThat(labs.find(NAME)).isEmpty();
        assertThat(labs.list()).isEmpty();
        assertThat(labs.sweep(true)).containsExactly(files.directory());
        assertThat(files.directory()).exists();
        assertThat(labs.sweep(false)).containsExactly(files.directory());
        assertThat(files.directory()).doesNotExist();
    }

    @Test
    void removalEndsARunningMachine() throws IOException, InterruptedException {
        Process qemu = LockHolder.start(files.pid());
        try {
            assertThat(labs.find(NAME))
                    .hasValueSatisfying(lab -> assertThat(lab.port()).isEqualTo(2222));
            assertThat(labs.sweep(false)).isEmpty();
            assertThat(labs.remove(NAME)).isTrue();
            assertThat(qemu.waitFor()).isNotZero();
            assertThat(files.directory()).doesNotExist();
        } finally {
            qemu.destroyForcibly();
        }
    }

    @Test
    void keepsAMachineThatIsBeingStarted() throws IOException {
        Process starter = LockHolder.start(labs.lockFile(NAME));
        try {
            assertThat(labs.sweep(false)).isEmpty();
            assertThat(files.directory()).exists();
        } finally {
            starter.destroyForcibly();
        }
    }

    @Test
    void removesNothingForAnUnknownName() {
        assertThat(labs.remove(new LabName("other"))).isFalse();
    }

    @Test
    void leavesTemporaryMachinesToTheSpawner() throws IOException {
        Files.createDirectories(directory.resolve(".run-1~building-x"));
        try (PathLock _ = PathLock.acquire(labs.lockFile(NAME), () -> {})) {
            assertThat(labs.sweep(false)).isEmpty();
        }
        assertThat(directory.resolve(".run-1~building-x")).exists();
    }
}
