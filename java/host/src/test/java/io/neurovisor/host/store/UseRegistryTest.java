package io.neurovisor.host.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.host.files.PrivateFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class UseRegistryTest {
    @TempDir
    private Path data;

    private UseRegistry registry;
    private Path artifact;

    @BeforeEach
    void create() throws IOException {
        registry = new UseRegistry(data);
        artifact = Files.createDirectories(data.resolve("images/base-1"));
    }

    @Test
    void keepsArtifactsUntilTheirUseEnds() {
        AtomicBoolean removed = new AtomicBoolean();
        try (ArtifactUse use = registry.enter(data.resolve("run"), Supervisor.none())) {
            Path held = use.hold(() -> artifact, List::of);
            assertThat(held).isEqualTo(artifact);
            assertThat(registry.removeUnused(artifact, () -> removed.set(true))).isFalse();
            assertThat(removed).isFalse();
            assertThat(registry.running())
                    .containsExactly(Long.toString(ProcessHandle.current().pid()));
        }
        assertThat(registry.removeUnused(artifact, () -> removed.set(true))).isTrue();
        assertThat(removed).isTrue();
        assertThat(registry.running()).isEmpty();
    }

    @Test
    void holdsTheFileWhileItExists() {
        RecordingSupervisor supervisor = new RecordingSupervisor();
        try (ArtifactUse _ = registry.enter(data.resolve("run"), supervisor)) {
            assertThat(supervisor.held())
                    .singleElement()
                    .satisfies(file -> assertThat(file).isRegularFile().hasParent(data.resolve("running")));
        }
        assertThat(supervisor.held()).isEmpty();
    }

    @Test
    void usesOfOneProcessAreIndependent() {
        try (ArtifactUse first = registry.enter(data.resolve("run-1"), Supervisor.none())) {
            Path _ = first.hold(() -> artifact, List::of);
            registry.enter(data.resolve("run-2"), Supervisor.none()).close();
            assertThat(registry.removeUnused(artifact, () -> {})).isFalse();
        }
    }

    @Test
    void recognizesAnArtifactByALink() throws IOException {
        Path link = Files.createSymbolicLink(data.resolve("link"), data.resolve("images"));
        try (ArtifactUse use = registry.enter(data.resolve("run"), Supervisor.none())) {
            Path _ = use.hold(() -> link.resolve("base-1"), List::of);
            assertThat(registry.removeUnused(artifact, () -> {})).isFalse();
        }
    }

    @Test
    void retriesIfAnArtifactWasRemoved() {
        Queue<Path> found = new ArrayDeque<>(List.of(data.resolve("images/gone"), artifact));
        try (ArtifactUse use = registry.enter(data.resolve("run"), Supervisor.none())) {
            Path held = use.hold(found::remove, List::of);
            assertThat(held).isEqualTo(artifact);
        }
    }

    @Test
    void failsIfAnArtifactIsRemovedAgainAndAgain() {
        try (ArtifactUse use = registry.enter(data.resolve("run"), Supervisor.none())) {
            assertThatThrownBy(() -> use.hold(() -> data.resolve("images/gone"), List::of))
                    .isInstanceOf(NeuroVisorException.class)
                    .hasMessageContaining("images/gone");
        }
    }

    @Test
    void killedProcessStaysRegisteredWithItsRuntimeDirectory() throws Exception {
        Path runtime = data.resolve("run");
        Files.createDirectories(runtime.resolve("vm-1"));
        Process other = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        UseInOtherJvm.class.getName(),
                        data.toString(),
                        runtime.toString(),
                        artifact.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader output = other.inputReader()) {
            assertThat(output.readLine()).isEqualTo("using");
            assertThat(registry.removeUnused(artifact, () -> {})).isFalse();
            assertThat(registry.unlessRunning(() -> {})).isFalse();
            assertThat(new DeadProcesses(registry, false).sweep()).isEmpty();
        } finally {
            other.destroyForcibly();
            other.waitFor();
        }

        assertThat(registry.removeUnused(artifact, () -> {})).isTrue();
        DeadProcesses dead = new DeadProcesses(registry, false);
        assertThat(dead.runtimeDirectories()).containsExactly(runtime);
        assertThat(dead.sweep()).isEmpty();
        assertThat(runtime).exists();
        PrivateFiles.delete(runtime);
        assertThat(new DeadProcesses(registry, true).sweep()).hasSize(1);
        assertThat(dead.runtimeDirectories()).isEmpty();
        assertThat(dead.sweep()).hasSize(1);
        assertThat(new DeadProcesses(registry, false).sweep()).isEmpty();
    }
}
