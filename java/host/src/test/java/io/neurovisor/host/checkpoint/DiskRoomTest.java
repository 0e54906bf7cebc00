package io.neurovisor.host.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.checkpoint.CheckpointSource;
import io.neurovisor.engine.sandbox.checkpoint.SandboxCheckpoint;
import io.neurovisor.engine.sandbox.checkpoint.SharedMemory;
import io.neurovisor.host.store.Supervisor;
import io.neurovisor.testkit.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class DiskRoomTest {
    private static final long MEBIBYTE = 1 << 20;

    @TempDir
    private Path data;

    @Test
    void theFileSystemKeepsSpareSpace() {
        DiskRoom room = new DiskRoom(Long.MAX_VALUE);
        long free = data.toFile().getUsableSpace();
        assertShort(() -> room.reserve(data, () -> 0, free), data.toString());
        assertShort(() -> room.reserve(data, () -> 0, Long.MAX_VALUE), data.toString());
    }

    @Test
    void theLimitKeepsSpareSpace() {
        DiskRoom room = new DiskRoom(100 * MEBIBYTE);
        room.reserve(data, () -> 16 * MEBIBYTE, 20 * MEBIBYTE).close();
        assertShort(() -> room.reserve(data, () -> 16 * MEBIBYTE, 20 * MEBIBYTE + 1), "84.0 MiB of the 100.0 MiB");
        assertShort(() -> room.reserve(data, () -> 200 * MEBIBYTE, 0), "--sandbox-disk");
    }

    @Test
    void savesUnderWayHaveTheirSpace() {
        DiskRoom room = new DiskRoom(100 * MEBIBYTE);
        DiskRoom.Reservation first = room.reserve(data, () -> 0, 20 * MEBIBYTE);
        assertShort(() -> room.reserve(data, () -> 0, 20 * MEBIBYTE), "--sandbox-disk");
        room.reserve(data, () -> 0, 16 * MEBIBYTE).close();
        first.close();
        room.reserve(data, () -> 0, 36 * MEBIBYTE).close();
    }

    @Test
    void rejectsANegativeSize() {
        assertThatThrownBy(() -> new DiskRoom(1).reserve(data, () -> 0, -1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theStoreCountsWhatItHas() throws IOException {
        CheckpointFixture fixture = new CheckpointFixture(data);
        FileCheckpointStore store = fixture.store(67 * MEBIBYTE, Supervisor.none());
        CheckpointWriter writer = new CheckpointWriter("state", (int) (2 * MEBIBYTE));
        SandboxCheckpoint first = store.save(fixture.source(1), 2 * MEBIBYTE, writer);
        SandboxId other = new SandboxId("b".repeat(20));
        CheckpointSource source = new CheckpointSource(other, 1, fixture.template(), CheckpointFixture.VMM);
        assertShort(() -> store.save(source, 2 * MEBIBYTE, writer), "--sandbox-disk");
        assertThat(store.newest(CheckpointFixture.ID)).contains(first);
        store.delete(CheckpointFixture.ID);
        assertThatCode(() -> store.save(source, 2 * MEBIBYTE, writer)).doesNotThrowAnyException();
    }

    /** Each sandbox is saved or refused, and the limit holds at all times. */
    @Test
    void manySavesAtATimeTakeNoMoreThanTheRoom() throws IOException, InterruptedException {
        CheckpointFixture fixture = new CheckpointFixture(data);
        FileCheckpointStore store = fixture.store(75 * MEBIBYTE, Supervisor.none());
        List<Callable<Boolean>> saves = IntStream.range(0, 20)
                .<Callable<Boolean>>mapToObj(number -> () -> isSaved(store, fixture, number))
                .toList();
        long saved;
        try (ExecutorService threads = Executors.newFixedThreadPool(saves.size())) {
            saved = threads.invokeAll(saves).stream().filter(Future::resultNow).count();
        }
        assertThat(saved).isBetween(1L, 5L);
        assertThat(IntStream.range(0, saves.size())
                        .filter(number -> store.newest(id(number)).isPresent())
                        .count())
                .isEqualTo(saved);
        for (int number = 20; number < 25; number++) {
            saved += isSaved(store, fixture, number) ? 1 : 0;
        }
        assertThat(saved).isEqualTo(5);
    }

    /** Returns false if there is no room. */
    private static boolean isSaved(FileCheckpointStore store, CheckpointFixture fixture, int number) {
        try {
            SandboxCheckpoint _ = store.save(
                    fixture.source(id(number), 1), 2 * MEBIBYTE, new CheckpointWriter("state", (int) (2 * MEBIBYTE)));
            return true;
        } catch (NeuroVisorException failure) {
            assertThat(failure.fault()).isEqualTo(Fault.DISK_SHORT);
            return false;
        }
    }

    private static SandboxId id(int number) {
        return new SandboxId(String.format(Locale.ROOT, "%020d", number));
    }

    @Test
    void theStoreCountsSharedMemories() throws IOException {
        CheckpointFixture fixture = new CheckpointFixture(data);
        FileCheckpointStore store = fixture.store(69 * MEBIBYTE, Supervisor.none());
        CheckpointWriter writer = new CheckpointWriter("state", (int) (2 * MEBIBYTE));
        store.lend(fixture.template(), 2 * MEBIBYTE, writer, lent -> {
            assertShort(
                    () -> store.share(lent, 4 * MEBIBYTE, _ -> {
                        throw new AssertionError("not reached");
                    }),
                    "--sandbox-disk");
            try (SharedMemory _ = store.share(lent, 3 * MEBIBYTE, writer)) {
                assertShort(() -> store.save(fixture.source(1), 2 * MEBIBYTE, writer), "--sandbox-disk");
            }
        });
        assertThatCode(() -> store.save(fixture.source(1), 2 * MEBIBYTE, writer))
                .doesNotThrowAnyException();
    }

    /** A failed save does not keep its space. */
    @Test
    void aFailedSaveReturnsItsSpace() throws IOException {
        CheckpointFixture fixture = new CheckpointFixture(data);
        FileCheckpointStore store = fixture.store(67 * MEBIBYTE, Supervisor.none());
        for (int save = 0; save < 3; save++) {
            assertThatThrownBy(() -> store.save(fixture.source(1), 2 * MEBIBYTE, _ -> {
                        throw new IllegalStateException("broken");
                    }))
                    .hasMessage("broken");
        }
    }

    private static void assertShort(ThrowingCallable call, String part) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.DISK_SHORT))
                .hasMessageContaining(part);
    }
}
