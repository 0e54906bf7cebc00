package io.neurovisor.server.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.file.FileEntry;
import io.neurovisor.engine.file.FileTarget;
import io.neurovisor.engine.file.FileWriter;
import io.neurovisor.engine.file.GuestFiles;
import io.neurovisor.engine.file.WriteMode;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxId;
import io.neurovisor.engine.sandbox.SandboxRecord;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.server.audit.AuditLog;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuditedFilesTest {
    private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");

    private final FileWriter broken = new FileWriter() {
        @Override
        public void write(ByteBuffer bytes) {}

        @Override
        public FileEntry finish() {
            throw new NeuroVisorException(Fault.DISK_FULL, "the disk is full");
        }

        @Override
        public void close() {}
    };
    private final GuestFiles guest = (GuestFiles) Proxy.newProxyInstance(
            GuestFiles.class.getClassLoader(), new Class<?>[] {GuestFiles.class}, (_, _, _) -> broken);

    @Test
    void theAuditLogHasTheSumOfWrites(@TempDir Path data) throws IOException {
        try (AuditLog audit = new AuditLog(data.resolve("audit"), OptionalLong.empty(), () -> NOW)) {
            FileWrites writes = new FileWrites(audit);
            GuestFiles files = new AuditedFiles(guest, bytes -> writes.add(sandbox(), bytes));
            for (int i = 0; i < 3; i++) {
                try (FileWriter writer =
                        files.write(new FileTarget("a", new WriteMode.Replace(), OptionalInt.empty(), Map.of()))) {
                    writer.write(ByteBuffer.allocate(1000));
                    writer.write(ByteBuffer.allocate(24));
                    assertThatThrownBy(writer::finish).hasMessage("the disk is full");
                }
            }
            writes.report();
            writes.report();
        }
        assertThat(Files.readAllLines(data.resolve("audit/audit.jsonl")))
                .containsExactly("{\"time\":\"2026-11-25T12:00:00Z\",\"event\":\"files_written\",\"tenant\":\"key:ci\","
                        + "\"sandbox_id\":\"aaaaaaaaaaaaaaaaaaaa\",\"files\":3,\"bytes\":3072}");
    }

    private static SandboxRecord sandbox() {
        SandboxSpec spec = new SandboxSpec(
                new MachineKind("base", SandboxSize.SMALL),
                Duration.ofMinutes(5),
                Map.of(),
                Optional.empty(),
                Map.of(),
                "",
                Optional.empty());
        return new SandboxRecord(
                new SandboxId("a".repeat(20)), "key:ci", spec, NOW, NOW, Optional.empty(), 1, Optional.empty(), "");
    }
}
