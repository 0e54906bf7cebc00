package io.neurovisor.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.server.sandbox.records.SandboxDatabase;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import io.neurovisor.testkit.checkpoint.TemporaryCheckpoints;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeptSandboxesTest {
    private static final SandboxId ID = new SandboxId("a".repeat(20));

    @TempDir
    private Path data;

    @Test
    void countsRunningSandboxesOfLivingDaemons() {
        assertThat(found()).isEqualTo("none runs");
        try (SandboxDatabase records = open()) {
            records.insert(record());
            assertThat(found()).startsWith("1 runs; ./neurovisor sandbox info");
        }
        assertThat(found()).isEqualTo("none runs");
    }

    @Test
    void countsPausedSandboxesWithTheirSize() {
        try (SandboxDatabase records = open()) {
            records.insert(record());
        }
        SavedVm template = new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, data);
        VmmIdentity vmm = new VmmIdentity("fake", "1", "none", "none", "none");
        SandboxCheckpoint _ = checkpoints.save(
                new CheckpointSource(ID, record().generation(), template, vmm), 1, CheckpointWriter.of("state"));
        assertThat(found()).isEqualTo("none runs; 1 is paused, with 1 MiB on disk");
    }

    @Test
    void countsSnapshots() {
        open().close();
        SavedVm template = new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, data);
        VmmIdentity vmm = new VmmIdentity("fake", "1", "none", "none", "none");
        SandboxCheckpoint _ = checkpoints.keep(
                new Snapshot(ID, "key:ci", "", ID, record().spec().kind(), Optional.empty(), Instant.EPOCH),
                new CheckpointSource(ID, 1, template, vmm),
                1,
                CheckpointWriter.of("state"));
        assertThat(found()).isEqualTo("none runs; 1 snapshot, with 1 MiB on disk");
    }

    private final TemporaryCheckpoints checkpoints = new TemporaryCheckpoints(() -> data);

    private SandboxDatabase open() {
        return SandboxDatabase.open(data.resolve("sandboxes"), InstantSource.system(), checkpoints);
    }

    private String found() {
        return new KeptSandboxes(data.resolve("sandboxes"), InstantSource.system(), checkpoints)
                .examine()
                .detail();
    }

    private static SandboxRecord record() {
        SandboxSpec spec = new SandboxSpec(
                new MachineKind("base", SandboxSize.SMALL),
                Duration.ofMinutes(5),
                Map.of(),
                Optional.empty(),
                Map.of(),
                "",
                Optional.empty());
        return new SandboxRecord(
                ID, "key:ci", spec, Instant.EPOCH, Instant.EPOCH, Optional.empty(), 1, Optional.empty(), "");
    }
}
