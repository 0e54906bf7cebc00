package io.neurovisor.host.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagedDirectoryTest {
    @TempDir
    private Path parent;

    private PathLock lock;

    @BeforeEach
    void lock() {
        lock = PathLock.acquire(parent.resolve(".lock"), () -> {});
    }

    @AfterEach
    void unlock() {
        lock.close();
    }

    @Test
    void appearsCompleteAndPrivate() throws IOException {
        try (StagedDirectory staged = StagedDirectory.begin(parent, "base", lock, Supervisor.none())) {
            Files.writeString(staged.path().resolve("file"), "x");
            assertThat(parent.resolve("base-1")).doesNotExist();

            staged.publish("base-1");
        }

        assertThat(parent.resolve("base-1").resolve("file")).hasContent("x");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(parent.resolve("base-1"))))
                .isEqualTo("rwx------");
        assertThat(names()).containsExactly(".lock", "base-1");
    }

    @Test
    void leavesNothingUnlessPublished() throws IOException {
        try (StagedDirectory staged = StagedDirectory.begin(parent, "base", lock, Supervisor.none())) {
            Files.writeString(staged.path().resolve("file"), "x");
        }

        assertThat(names()).containsExactly(".lock");
    }

    @Test
    void removesRemainsOfADeadBuilderOfTheSameName() throws IOException {
        Path dead =
                Files.createDirectories(parent.resolve(".base~building-1-dead").resolve("tree"));
        Path outside = Files.writeString(parent.resolve("outside"), "x");
        Files.createSymbolicLink(dead.resolve("link"), outside);
        Files.writeString(dead.resolve("sealed"), "x");
        PrivateFiles.seal(dead.resolve("sealed"));
        Files.createDirectory(parent.resolve(".base-2~building-1-alive"));

        StagedDirectory.begin(parent, "base", lock, Supervisor.none()).close();

        assertThat(names()).containsExactly(".base-2~building-1-alive", ".lock", "outside");
        assertThat(outside).hasContent("x");
    }

    @Test
    void replacesThePreviousDirectory() throws IOException {
        Files.writeString(Files.createDirectory(parent.resolve("base-1")).resolve("old"), "x");

        try (StagedDirectory staged = StagedDirectory.begin(parent, "base", lock, Supervisor.none())) {
            Files.writeString(staged.path().resolve("new"), "x");
            staged.publish("base-1");
        }

        assertThat(parent.resolve("base-1").resolve("new")).exists();
        assertThat(parent.resolve("base-1").resolve("old")).doesNotExist();
        assertThat(names()).containsExactly(".lock", "base-1");
    }

    @Test
    void isHeldUntilItIsPublishedOrRemoved() throws IOException {
        RecordingSupervisor supervisor = new RecordingSupervisor();

        try (StagedDirectory staged = StagedDirectory.begin(parent, "base", lock, supervisor)) {
            assertThat(supervisor.held()).containsExactly(staged.path());
            staged.publish("base-1");
        }
        StagedDirectory.begin(parent, "base", lock, supervisor).close();

        assertThat(supervisor.held()).isEmpty();
        assertThat(names()).containsExactly(".lock", "base-1");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }
}
