package io.neurovisor.host.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests snapshots whose description is damaged: they are left out, and the others are not affected. */
@Timeout(60)
final class DamagedSnapshotTest {
    private static final SandboxId OTHER = new SandboxId("s".repeat(20));

    @TempDir
    private Path data;

    private CheckpointFixture fixture;
    private Path file;

    @BeforeEach
    void keep() throws IOException {
        fixture = new CheckpointFixture(data);
        file = keep(CheckpointFixture.ID).resolve("snapshot.json");
        keep(OTHER);
    }

    private Path keep(SandboxId id) {
        SandboxCheckpoint saved = fixture.store()
                .keep(
                        new Snapshot(
                                id,
                                "local",
                                "",
                                CheckpointFixture.ID,
                                new MachineKind("base", SandboxSize.SMALL),
                                Optional.empty(),
                                Instant.EPOCH),
                        fixture.source(id, 1),
                        1,
                        CheckpointWriter.of("state"));
        return fixture.directory(saved);
    }

    @Test
    void bothAreThereAtFirst() {
        assertThat(fixture.store().snapshots()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "{}",
                "[]",
                "{\"id\": 7}",
                "\u0000",
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
            })
    void aFileOfAnotherForm(String content) throws IOException {
        Files.writeString(file, content);
        assertIsLeftOut();
    }

    @ParameterizedTest
    @CsvSource({
        "aaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbb",
        "small, gigantic",
        "1970-01-01T00:00:00Z, yesterday",
        "'\"local\"', 7",
        "'\"owner\"', '\"owned\"'"
    })
    void aFileWithAnotherValue(String text, String other) throws IOException {
        String content = Files.readString(file);
        assertThat(content).contains(text);
        Files.writeString(file, content.replace(text, other));
        assertIsLeftOut();
    }

    @Test
    void aTruncatedFile() throws IOException {
        String content = Files.readString(file);
        Files.writeString(file, content.substring(0, content.length() / 2));
        assertIsLeftOut();
    }

    @Test
    void aHugeFile() throws IOException {
        Files.writeString(file, " ".repeat(300 << 10));
        assertIsLeftOut();
    }

    private void assertIsLeftOut() {
        FileCheckpointStore store = fixture.store();
        assertThat(store.snapshots()).extracting(Snapshot::id).containsExactly(OTHER);
        store.sweep(Set.of());
        assertThat(file).as("for the operator to look at").exists();
    }
}
