package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.spawner.SpawnerSupervisor;
import io.neurovisor.host.store.StagedDirectory;
import io.neurovisor.server.InstalledComponents;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.ShortTier;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that files of packages in a partial build are removed, although only root of a user namespace can remove them. */
final class NamespaceFilesIT {
    private static final boolean ROOT = System.getProperty("user.name").equals("root");

    @TempDir
    private Path parent;

    @ShortTier
    @Test
    void removesAPartialBuildWithFilesOfOtherUsers() {
        try (PathLock lock = PathLock.acquire(parent.resolve(".lock"), () -> {})) {
            SpawnerSupervisor supervisor = InstalledComponents.supervisor(TestMachines.settings());
            StagedDirectory staged = StagedDirectory.begin(parent, "base", lock, supervisor);
            fillAsAnotherUser(staged.path());
            staged.close();
            supervisor.close();

            assertThat(staged.path()).doesNotExist();
        }
    }

    /** Covers a build whose spawner died, too, so that its journal is lost. */
    @Test
    void leftoversOfADeadBuildAreRemoved() {
        try (PathLock lock = PathLock.acquire(parent.resolve(".lock"), () -> {})) {
            Path dead = PrivateFiles.directory(parent.resolve(".base~building-1-dead"));
            fillAsAnotherUser(dead);
            SpawnerSupervisor supervisor = InstalledComponents.supervisor(TestMachines.settings());

            StagedDirectory.begin(parent, "base", lock, supervisor).close();
            supervisor.close();

            assertThat(dead).doesNotExist();
        }
    }

    private static void fillAsAnotherUser(Path directory) {
        ToolCommand command = ToolCommand.of(
                "sh",
                "dash",
                "-ec",
                "mkdir -p \"$1/mail/new\"; touch \"$1/mail/new/1\"; chown -R 8:8 \"$1/mail\"; chmod -R go= \"$1/mail\"",
                "sh",
                directory.toString());
        Tool.of(ROOT ? command : command.asNamespaceRoot()).run().orThrow();
    }
}
