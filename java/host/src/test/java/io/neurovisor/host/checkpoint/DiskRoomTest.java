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
        assertShort(() -> room.reserve(data, 0, free), data.toString());
        assertShort(() -> room.reserve(data, 0, Long.MAX_VALUE), data.toString());
    }

    @Test
    void theLimitKeepsSpareSpace() {
        DiskRoom room = new DiskRoom(100 * MEBIBYTE);
        room.reserve(data, 16 * MEBIBYTE, 20 * MEBIBYTE).close();
        assertShort(() -> room.reserve(data, 16 * MEBIBYTE, 20 * MEBIBYTE + 1), "84.0 MiB of the 100.0 MiB");
        assertShort(() -> room.reserve(data, 200 * MEBIBYTE, 0), "--sandbox-disk");
    }

    @Test
    void savesUnderWayHaveTheirSpace() {
        DiskRoom room = new DiskRoom(100 * MEBIBYTE);
        DiskRoom.Reservation first = room.reserve(data, 0, 20 * MEBIBYTE);
        assertShort(() -> room.reserve(data, 0, 20 * MEBIBYTE), "--sandbox-disk");
        room.reserve(data, 0, 16 * MEBIBYTE).close();
        first.close();
        room.reserve(data, 0, 36 * MEBIBYTE).close();
    }

    @Test
    void rejectsANegativeSize() {
        assertThatThrownBy(() -> new DiskRoom(1).reserve(data, 0, -1)).isInstanceOf(IllegalArgumentException.class);
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
