package io.neurovisor.host.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.process.ToolCommand;
import io.neurovisor.host.spawner.UidRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BuildScratchTest {
    @TempDir
    private Path directory;

    private Path work;
    private BuildScratch scratch;

    @BeforeEach
    void create() {
        work = directory.resolve("work");
        scratch = BuildScratch.create(new BuildNamespace.None(), work);
    }

    @Test
    void providesReadableCopies() throws IOException {
        Path recipe = directory.resolve("recipe");
        Path script = Files.writeString(
                Files.createDirectories(recipe.resolve("more")).resolve("run.sh"), "exit");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        Path list = Files.writeString(recipe.resolve("list"), "bash");
        Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-------"));

        assertThat(scratch.copyIn(recipe, "mine")).isEqualTo(work.resolve("mine"));

        assertThat(work.resolve("mine/more/run.sh")).hasContent("exit");
        assertThat(permissions("mine/more")).isEqualTo("rwxr-xr-x");
        assertThat(permissions("mine/more/run.sh")).isEqualTo("rwxr-xr-x");
        assertThat(permissions("mine/list")).isEqualTo("rw-r--r--");
    }

    @Test
    void takesResultsForThisUserOnly() throws IOException {
        Path left = Files.writeString(work.resolve("made"), "made");
        Files.setPosixFilePermissions(left, PosixFilePermissions.fromString("rwxrwxrwx"));

        Path taken = scratch.moveOut("made", directory.resolve("taken"));

        assertThat(left).doesNotExist();
        assertThat(taken).hasContent("made");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(taken)))
                .isEqualTo("rw-------");
        assertThat(scratch.moveOutIfExists("none", directory.resolve("none"))).isEmpty();
    }

    @Test
    void rejectsALinkInPlaceOfAResult() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "secret");
        Files.createSymbolicLink(work.resolve("made"), secret);

        assertThatThrownBy(() -> scratch.moveOut("made", directory.resolve("taken")))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.IMAGE_BUILD_FAILED))
                .hasMessageContaining("is not a regular file");
        assertThat(directory.resolve("taken")).doesNotExist();
    }

    @Test
    void rootsCommandsRunThroughTheSpawner() {
        BuildNamespace roots =
                new BuildNamespace.OfRoot(Path.of("/opt/spawner"), new UidRange(2_000_065_536L, 2_000_131_071L));
        ToolCommand command = roots.inside(ToolCommand.of("mmdebstrap", "mmdebstrap", "--x"), work);

        assertThat(command.program()).isEqualTo("/opt/spawner");
        assertThat(command.arguments())
                .containsExactly("--build-root", "2000065536-2000131071", work.toString(), "mmdebstrap", "--x");
        assertThat(roots.path(work)).isEqualTo(Path.of("/run/neurovisor/build"));
    }

    private String permissions(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(work.resolve(name)));
    }
}
