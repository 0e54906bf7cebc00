package io.neurovisor.server.sandbox.records;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxEnd;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.vm.VmId;
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
    private SandboxDatabase records;

    @BeforeEach
    void open() {
        records = SandboxDatabase.open(directory(), () -> now);
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
        try (SandboxDatabase other = SandboxDatabase.open(directory(), () -> now)) {
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
