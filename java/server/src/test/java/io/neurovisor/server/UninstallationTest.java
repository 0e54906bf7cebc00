package io.neurovisor.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointStore;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.files.FileDigests;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.host.store.Artifact;
import io.neurovisor.host.store.ArtifactStore;
import io.neurovisor.host.store.DataDirectory;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UninstallationTest {
    private static final SandboxId ID = new SandboxId("a".repeat(20));

    @TempDir
    private Path parent;

    @Test
    void namesAndRemovesPausedSandboxesAndSnapshots() {
        Path data = new DataDirectory(parent.resolve("data")).claim().path();
        Settings settings = settings(data);
        pauseAndSnapshot(settings);
        Uninstallation uninstallation = new Uninstallation(settings, List.of(), environment());

        assertThat(uninstallation.contents())
                .filteredOn(content -> content.path().equals(data))
                .singleElement()
                .satisfies(content -> {
                    assertThat(content.reason()).endsWith(", and 1 paused sandbox, and 1 snapshot");
                    assertThat(content.bytes()).isGreaterThan(2 * 4096);
                });
        assertThat(data).as("nothing was removed").exists();

        // As remove() does after it has ended what runs, for which it needs the spawner.
        new DataDirectory(data).remove();
        assertThat(data).doesNotExist();
        assertThat(uninstallation.contents())
                .extracting(content -> content.path())
                .doesNotContain(data);
    }

    private static void pauseAndSnapshot(Settings settings) {
        CheckpointStore checkpoints = InstalledComponents.checkpoints(settings);
        SandboxSpec spec = new SandboxSpec(
                new MachineKind("base", SandboxSize.SMALL),
                Duration.ofMinutes(5),
                Map.of(),
                Optional.empty(),
                Map.of(),
                "",
                Optional.empty());
        SavedVm template = new SavedVm(
                TestFiles.bootFiles(),
                SandboxSize.SMALL,
                template(settings.config().dataDir()));
        VmmIdentity vmm = new VmmIdentity("fake", "1", "none", "none", "none");
        CheckpointSource source = new CheckpointSource(ID, 1, template, vmm);
        // The daemon of this sandbox has ended, so that its checkpoint decides that it is paused.
        try (SandboxDatabase records =
                SandboxDatabase.open(settings.sandboxes(), InstantSource.system(), checkpoints)) {
            records.insert(new SandboxRecord(
                    ID, "key:ci", spec, Instant.EPOCH, Instant.EPOCH, Optional.empty(), 1, Optional.empty(), ""));
        }
        SandboxCheckpoint _ = checkpoints.save(source, 1, CheckpointWriter.of("state"));
        SandboxCheckpoint _ = checkpoints.keep(
                new Snapshot(ID, "key:ci", "", ID, spec.kind(), Optional.empty(), Instant.EPOCH),
                source,
                1,
                CheckpointWriter.of("state"));
    }

    private static Path template(Path data) {
        Path store = data.resolve("templates");
        FileDigests digests = new FileDigests(data.resolve("digests"), InstantSource.system());
        Artifact template = new ArtifactStore("template", store, digests, Supervisor.none())
                .replace("one", Sha256.of(new byte[0]), directory -> "one", Progress.SILENT);
        return template.directory();
    }

    private static Settings settings(Path data) {
        Map<String, String> options = Map.of("data-dir", data.toString());
        LoadedConfig loaded = LoadedConfig.load(options, Optional.empty(), new ProcessEnvironment(Map.of(), data));
        return new Settings(Path.of(System.getProperty("neurovisor.home")), loaded.config());
    }

    private Map<String, String> environment() {
        return Map.of("XDG_RUNTIME_DIR", parent.toString());
    }
}
