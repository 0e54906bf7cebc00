package io.neurovisor.server.sandbox.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.database.Database;
import io.neurovisor.database.Schema;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.PauseReason;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import io.neurovisor.testkit.checkpoint.TemporaryCheckpoints;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SandboxDatabaseTest {
    private static final Instant START = Instant.parse("2026-11-25T12:00:00Z");

    @TempDir
    private Path parent;

    private Instant now = START;
    private final TemporaryCheckpoints checkpoints = new TemporaryCheckpoints(() -> parent);
    private SandboxDatabase records;

    @BeforeEach
    void open() {
        records = SandboxDatabase.open(directory(), () -> now, checkpoints);
    }

    @AfterEach
    void close() {
        records.close();
    }

    @Test
    void readsARecordAsItWasWritten() {
        SandboxRecord record = living();
        records.insert(record);
        assertThat(records.ended()).isEmpty();
        SandboxRecord ended = ended(record, START.plusSeconds(60));
        records.update(ended);
        assertThat(records.ended()).containsExactly(ended);
    }

    @Test
    void sandboxesOfADeadProcessAreLost() {
        records.insert(living());
        assertThat(records.lost()).isZero();
        assertThat(records.running()).isEqualTo(1);
        try (SandboxDatabase other = SandboxDatabase.open(directory(), () -> now, checkpoints)) {
            assertThat(other.lost()).isZero();
            assertThat(other.running()).isEqualTo(1);
            assertThat(other.endLost()).isZero();
        }
        records.close();
        now = START.plusSeconds(90);
        open();
        assertThat(records.lost()).isEqualTo(1);
        assertThat(records.running()).isZero();
        assertThat(records.endLost()).isEqualTo(1);
        assertThat(records.lost()).isZero();
        assertThat(records.ended()).singleElement().satisfies(lost -> {
            assertThat(lost.end()).contains(SandboxEnd.LOST);
            assertThat(lost.ends()).isEqualTo(now);
            assertThat(lost.endDetail()).isEqualTo("its daemon was killed");
        });
    }

    @Test
    void aSavedSandboxOfADeadProcessIsPaused() {
        SandboxRecord record = running();
        records.insert(record);
        records.update(record);
        save(record, record.generation());
        assertThat(records.sizePaused()).isZero();
        restart();
        assertThat(records.lost()).isZero();
        assertThat(records.sizePaused()).isEqualTo(1);
        assertThat(records.endLost()).isZero();
        SandboxRecord paused = paused(record, PauseReason.SHUTDOWN);
        assertThat(records.paused()).containsExactly(paused);
        assertThat(records.sizePaused()).isEqualTo(1);
        assertThat(records.kept()).containsExactly(record.id());
        try (SandboxDatabase other = SandboxDatabase.open(directory(), () -> now, checkpoints)) {
            assertThat(other.paused()).as("those of a living process").isEmpty();
        }
    }

    @Test
    void keepsTheReasonOfAPause() {
        SandboxRecord record = running();
        records.insert(record);
        save(record, record.generation());
        SandboxRecord paused = paused(record, PauseReason.TIMED_OUT);
        records.update(paused);
        assertThat(records.running()).isZero();
        assertThat(records.sizePaused()).isEqualTo(1);
        restart();
        assertThat(records.paused()).containsExactly(paused);
    }

    @Test
    void aSandboxNeverGoesBackToAnEarlierGenerationByItself() {
        SandboxRecord record = running();
        records.insert(record);
        records.update(record);
        save(record, record.generation() - 1);
        restart();
        assertThat(records.kept()).as("before it counts as lost").containsExactly(record.id());
        assertThat(records.endLost()).isEqualTo(1);
        assertThat(records.paused()).isEmpty();
        assertThat(records.kept()).as("for a client that accepts it").containsExactly(record.id());
        assertThat(records.ended())
                .singleElement()
                .satisfies(lost -> assertThat(lost.older()).isEqualTo(checkpoints.newest(record.id())));
        now = now.plus(SandboxDatabase.KEPT).plusMillis(1);
        assertThat(records.kept()).as("after a day").isEmpty();
    }

    @Test
    void aLostSandboxGoesBackInOneProcessOnly() {
        SandboxRecord record = running();
        records.insert(record);
        save(record, record.generation() - 1);
        restart();
        assertThat(records.endLost()).isEqualTo(1);
        SandboxRecord earlier = paused(record, PauseReason.CLIENT);

        assertThat(records.goBack(earlier)).isTrue();

        assertThat(records.ended()).isEmpty();
        assertThat(records.sizePaused()).isEqualTo(1);
        try (SandboxDatabase other = SandboxDatabase.open(directory(), () -> now, checkpoints)) {
            assertThat(other.goBack(earlier)).isFalse();
            assertThat(other.giveUp(ended(record, now))).as("it lives").isFalse();
            assertThat(other.paused()).isEmpty();
        }
    }

    @Test
    void aLostSandboxThatIsGivenUpStaysEnded() {
        SandboxRecord record = running();
        records.insert(record);
        restart();
        assertThat(records.endLost()).isEqualTo(1);

        assertThat(records.giveUp(ended(record, now))).isTrue();

        assertThat(records.goBack(paused(record, PauseReason.CLIENT))).isFalse();
        assertThat(records.kept()).isEmpty();
    }

    @Test
    void aPausedSandboxWithoutCheckpointIsLost() {
        SandboxRecord record = running();
        records.insert(record);
        records.update(paused(record, PauseReason.CLIENT));
        restart();
        assertThat(records.endLost()).isEqualTo(1);
        assertThat(records.ended()).singleElement().satisfies(lost -> {
            assertThat(lost.endDetail()).isEqualTo("its checkpoint is missing");
            assertThat(lost.pause()).isEmpty();
        });
    }

    @Test
    void aDatabaseOfTheFirstVersionIsMigrated() {
        records.close();
        Path file = parent.resolve("old/sandboxes.db");
        try (Database old = Database.open(
                file,
                new Schema(
                        SandboxTables.SCHEMA.content(),
                        SandboxTables.SCHEMA.applicationId(),
                        SandboxTables.SCHEMA.unusable(),
                        SandboxTables.SCHEMA.wayOut(),
                        List.of(SandboxTables.SCHEMA.versions().getFirst())))) {
            old.change(handle -> handle.execute("""
                    INSERT INTO sandbox (id, tenant, image, size, timeout_ms, metadata, name, owner, generation, created_ms,
                        ends_ms, end_reason, end_detail)
                    VALUES ('aaaaaaaaaaaaaaaaaaaa', 'key:ci', 'base', 'small', 1000, '{}', '', 'dead', 1, 0, %d, 'KILLED', '')
                    """.formatted(START.toEpochMilli())));
        }
        records = SandboxDatabase.open(parent.resolve("old"), () -> now, checkpoints);
        assertThat(records.ended()).singleElement().satisfies(ended -> {
            assertThat(ended.spec().onTimeout()).isEqualTo(SandboxSpec.OnTimeout.KILL);
            assertThat(ended.spec().autoResume()).isFalse();
            assertThat(ended.spec().idlePause()).isEmpty();
            assertThat(ended.spec().forkedFrom()).isEmpty();
            assertThat(ended.pause()).isEmpty();
        });
    }

    private void restart() {
        records.close();
        open();
    }

    private void save(SandboxRecord record, int generation) {
        SavedVm template = new SavedVm(TestFiles.bootFiles(), SandboxSize.SMALL, parent);
        VmmIdentity vmm = new VmmIdentity("fake", "1", "none", "none", "none");
        SandboxCheckpoint _ = checkpoints.save(
                new CheckpointSource(record.id(), generation, template, vmm), 1, CheckpointWriter.of("state"));
    }

    /** Returns a copy of another sandbox that has had two machines. */
    private static SandboxRecord running() {
        SandboxRecord record = living();
        SandboxSpec spec = record.spec();
        return new SandboxRecord(
                record.id(),
                record.owner(),
                new SandboxSpec(
                        spec.kind(),
                        spec.timeout(),
                        Map.of(),
                        spec.directory(),
                        spec.metadata(),
                        spec.name(),
                        spec.idempotencyKey(),
                        SandboxSpec.OnTimeout.PAUSE,
                        true,
                        Optional.of(Duration.ofSeconds(90)),
                        Optional.of(new SandboxId("b".repeat(20)))),
                record.created(),
                record.ends(),
                Optional.of(new VmId("vm-2")),
                2,
                Optional.empty(),
                "");
    }

    private static SandboxRecord paused(SandboxRecord record, PauseReason reason) {
        return new SandboxRecord(
                record.id(),
                record.owner(),
                record.spec(),
                record.created(),
                record.ends(),
                record.vmId(),
                record.generation(),
                Optional.of(reason),
                Optional.empty(),
                "");
    }

    @Test
    void endedRecordsAreRemovedAfterADay() {
        records.insert(living());
        records.update(ended(living(), START));
        now = START.plus(SandboxDatabase.KEPT);
        assertThat(records.sweep(false)).isZero();
        now = now.plusMillis(1);
        assertThat(records.ended()).isEmpty();
        assertThat(records.sweep(true)).isEqualTo(1);
        assertThat(records.sweep(false)).isEqualTo(1);
        assertThat(records.sweep(true)).isZero();
    }

    @Test
    void theNumberOfEndedRecordsIsLimited() {
        List<SandboxRecord> many = IntStream.rangeClosed(0, SandboxDatabase.MOST_ENDED)
                .mapToObj(i -> ended(living(i, "key:ci"), START.plusMillis(i)))
                .toList();
        SandboxRecord other = ended(living(many.size(), "key:other"), START);
        now = START.plusSeconds(60);
        // At the same time, so that they share transactions.
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Stream.concat(many.stream(), Stream.of(other))
                    .forEach(record -> threads.execute(() -> {
                        records.insert(record);
                        records.update(record);
                    }));
        }

        assertThat(records.ended())
                .extracting(SandboxRecord::id)
                .hasSize(SandboxDatabase.MOST_ENDED + 1)
                .contains(other.id(), many.getLast().id())
                .doesNotContain(many.getFirst().id());
    }

    @Test
    void aClockThatIsSetBackKeepsNoRecordLonger() {
        records.insert(living());
        records.update(ended(living(), START));
        now = START.minus(Duration.ofDays(300));
        assertThat(records.sweep(false)).isZero();
        now = now.plus(SandboxDatabase.KEPT).plusMillis(1);
        assertThat(records.sweep(false)).isEqualTo(1);
    }

    @Test
    void filesArePrivate() throws IOException {
        records.insert(living());
        try (Stream<Path> files = Files.walk(directory())) {
            assertThat(files)
                    .contains(directory().resolve("sandboxes.db"))
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"))
                    .filteredOn(Files::isRegularFile)
                    .allSatisfy(file -> assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                            .doesNotContain("hunter2"));
        }
    }

    @Test
    void namesADamagedDatabase() {
        records.insert(living());
        records.update(ended(living(), START));
        Jdbi.create("jdbc:sqlite:" + directory().resolve("sandboxes.db"))
                .useHandle(handle -> handle.execute("UPDATE sandbox SET size = 'vast'"));
        assertThatThrownBy(records::ended)
                .hasMessageStartingWith(directory().resolve("sandboxes.db")
                        + " is damaged (a sandbox has a value that is not allowed); move it away")
                .hasMessageEndingWith("or start with --max-sandboxes=0");
    }

    private Path directory() {
        return parent.resolve("sandboxes");
    }

    private static SandboxRecord living() {
        return living(0, "key:ci");
    }

    /** @param number makes its id */
    private static SandboxRecord living(int number, String owner) {
        SandboxSpec spec = new SandboxSpec(
                new MachineKind("base", SandboxSize.SMALL),
                Duration.ofMinutes(5),
                Map.of("TOKEN", "hunter2"),
                Optional.of("/tmp"),
                Map.of("a", "b", "\u00e4", "\"{"),
                "mine",
                Optional.of("key"));
        return new SandboxRecord(
                new SandboxId("a%019d".formatted(number)),
                owner,
                spec,
                START,
                START.plusSeconds(300),
                Optional.empty(),
                0,
                Optional.empty(),
                "");
    }

    private static SandboxRecord ended(SandboxRecord living, Instant when) {
        SandboxSpec spec = living.spec();
        return new SandboxRecord(
                living.id(),
                living.owner(),
                new SandboxSpec(
                        spec.kind(),
                        spec.timeout(),
                        Map.of(),
                        spec.directory(),
                        spec.metadata(),
                        spec.name(),
                        spec.idempotencyKey()),
                living.created(),
                when,
                Optional.of(new VmId("vm-1")),
                1,
                Optional.of(SandboxEnd.DIED),
                "its VMM has ended");
    }
}
