package io.neurovisor.server.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Interpreter;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.program.ProgramExit;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.BlockedAttempt;
import io.neurovisor.engine.vm.VmId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuditLogTest {
    private static final Instant NOW = Instant.parse("2026-11-25T12:00:00Z");
    private static final TraceId TRACE = new TraceId(UUID.fromString("01a21485-04be-7649-96a2-562c68d6275f"));
    private static final AuditedCall CALL = new AuditedCall("key:ci", "neurovisor.execution.ExecutionService/Execute");

    @TempDir
    private Path parent;

    @Test
    void logsTheStartAndTheEndOfAnExecution() throws IOException {
        try (AuditLog log = log(OptionalLong.empty())) {
            AuditedExecution execution = log.accept(CALL, request());
            assertThat(lines()).hasSize(1);
            execution.ended(result());
            execution.failed(new NeuroVisorException(Fault.INTERNAL, "too late"));
        }
        assertThat(lines())
                .containsExactly(
                        "{\"time\":\"2026-11-25T12:00:00Z\",\"event\":\"accepted\",\"trace_id\":\"" + TRACE
                                + "\",\"tenant\":\"key:ci\",\"method\":\"neurovisor.execution.ExecutionService/Execute\","
                                + "\"language\":\"python\",\"code_sha256\":"
                                + "\"7ba690415a3cc5bce407f5154647bed0fb7aff1c747e88cf8b3fd8e908a2ace1\","
                                + "\"code_bytes\":19,\"timeout_ms\":30000}",
                        "{\"time\":\"2026-11-25T12:00:00Z\",\"event\":\"ended\",\"trace_id\":\"" + TRACE
                                + "\",\"tenant\":\"key:ci\",\"method\":\"neurovisor.execution.ExecutionService/Execute\","
                                + "\"outcome\":\"TIMED_OUT\",\"exit_code\":137,\"signal\":9,\"vm_id\":\"vm-1\","
                                + "\"layers\":{\"2\":\"live\",\"5\":\"off\"},\"acquire_ms\":5,\"run_ms\":30000,"
                                + "\"duration_ms\":29000}");
    }

    @Test
    void anExecutionWithoutAResultEndsWithItsFault() throws IOException {
        try (AuditLog log = log(OptionalLong.empty())) {
            log.accept(CALL, request()).failed(new NeuroVisorException(Fault.POOL_EXHAUSTED, "secret words"));
            log.accept(CALL, request()).failed(new IllegalStateException("secret words"));
        }
        assertThat(lines().get(1)).endsWith("\"fault\":\"POOL_EXHAUSTED\"}");
        assertThat(lines().get(3)).endsWith("\"fault\":\"INTERNAL\"}");
        assertThat(String.join("", lines())).doesNotContain("secret words");
    }

    @Test
    void logsAttemptsOfVmmsEvenWhileTheLogIsClosed() throws IOException {
        VmId vm = new VmId("vm-1");
        AuditLog log = log(OptionalLong.empty());
        try (log) {
            log.blocked(vm, new BlockedAttempt("file_open", "/etc/\u001bshadow", false));
            log.blocked(vm, new BlockedAttempt("syscall", "42", true));
        }
        log.blocked(vm, new BlockedAttempt("file_open", "/late", false));
        assertThat(lines())
                .containsExactly(
                        "{\"time\":\"2026-11-25T12:00:00Z\",\"event\":\"blocked\",\"vm_id\":\"vm-1\",\"hook\":\"file_open\","
                                + "\"subject\":\"/etc/\\u001Bshadow\"}",
                        "{\"time\":\"2026-11-25T12:00:00Z\",\"event\":\"noticed\",\"vm_id\":\"vm-1\",\"hook\":\"syscall\","
                                + "\"subject\":\"42\"}");
    }

    @Test
    void containsNoCodeValuesOrControlCharacters() throws IOException {
        try (AuditLog log = log(OptionalLong.empty())) {
            log.accept(new AuditedCall("key:ci", "a\u001b[2J\u202e\nb"), request())
                    .ended(result());
        }
        String text = Files.readString(file());
        assertThat(text).doesNotContain("print", "hunter2", "TOKEN", "stdin-text", "argument", "\u001b", "\u202e");
        assertThat(text.lines()).hasSize(2);
    }

    @Test
    void isReadableByTheOwnerOnly() throws IOException {
        try (AuditLog log = log(OptionalLong.empty())) {
            log.accept(CALL, request());
        }
        try (Stream<Path> files = Files.walk(parent.resolve("audit"))) {
            assertThat(files)
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------"));
        }
    }

    @Test
    void concurrentWritersLoseNoLine() throws Exception {
        try (AuditLog one = log(OptionalLong.of(1 << 20));
                AuditLog other = log(OptionalLong.of(1 << 20))) {
            List<Thread> threads = new ArrayList<>();
            for (int number = 0; number < 8; number++) {
                AuditLog log = number % 2 == 0 ? one : other;
                threads.add(Thread.startVirtualThread(() -> {
                    for (int count = 0; count < 20; count++) {
                        log.accept(CALL, request()).ended(result());
                    }
                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertThat(lines()).hasSize(320).allMatch(line -> line.startsWith("{\"time\"") && line.endsWith("}"));
    }

    /** The first line is being written while nine others arrive. */
    @Test
    void linesOfConcurrentExecutionsShareAWrite() throws InterruptedException {
        List<String> writes = new CopyOnWriteArrayList<>();
        CountDownLatch gate = new CountDownLatch(1);
        try (AuditLog log = new AuditLog(
                bytes -> {
                    writes.add(new String(bytes, UTF_8));
                    awaitQuietly(gate);
                },
                () -> NOW)) {
            List<Thread> executions = new ArrayList<>();
            for (int number = 0; number < 10; number++) {
                executions.add(Thread.ofPlatform().start(() -> log.accept(CALL, request())));
                await().until(() -> !writes.isEmpty());
            }
            for (Thread execution : executions) {
                await().until(() -> Stream.of(execution.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("await")));
            }
            gate.countDown();
            for (Thread execution : executions) {
                execution.join();
            }
        }
        assertThat(writes).hasSize(2);
        assertThat(writes.getLast().lines()).hasSize(9);
    }

    private static void awaitQuietly(CountDownLatch gate) {
        try {
            gate.await();
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aLineTruncatedByACrashDamagesNoOther() throws IOException {
        try (AuditLog log = log(OptionalLong.empty())) {
            log.accept(CALL, request());
            Files.writeString(file(), "{\"time\":\"2026-", StandardOpenOption.APPEND);
            log.accept(CALL, request());
        }
        assertThat(lines()).hasSize(3);
        assertThat(lines().get(1)).isEqualTo("{\"time\":\"2026-");
        assertThat(lines().get(2)).endsWith("}");
    }

    @Test
    void removesTheOldestLinesBeyondTheLimit() throws IOException {
        long max = 20_000;
        try (AuditLog log = log(OptionalLong.of(max))) {
            for (int count = 0; count < 200; count++) {
                log.accept(CALL, request());
                assertThat(bytes()).isLessThanOrEqualTo(max);
            }
        }
        assertThat(bytes()).isBetween(max / 2, max * 7 / 10);
        assertThat(files()).hasSize(AuditArchive.NUMBER + 1);
        try (AuditLog log = log(OptionalLong.of(max / 4))) {
            log.accept(CALL, request());
        }
        assertThat(bytes()).isLessThanOrEqualTo(max / 4);
        assertThat(lines()).hasSize(1);
    }

    @Test
    void logsTheEndOfAnInterruptedExecution() throws IOException {
        try (AuditLog log = log(OptionalLong.empty())) {
            AuditedExecution execution = log.accept(CALL, request());
            Thread.currentThread().interrupt();
            execution.ended(result());
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(lines()).hasSize(2);
    }

    @Test
    void rejectsExecutionsThatCannotBeLogged() throws IOException {
        try (AuditLog log = log(OptionalLong.empty())) {
            AuditedExecution running = log.accept(CALL, request());
            Path moved = Files.move(parent.resolve("audit"), parent.resolve("elsewhere"));
            Files.createFile(parent.resolve("audit"));
            isRefused(log);
            running.ended(result());
            isRefused(log);
            Files.delete(parent.resolve("audit"));
            Files.move(moved, parent.resolve("audit"));
            log.accept(CALL, request());
        }
        assertThat(lines()).hasSize(3);
        assertThat(lines().get(1)).contains("\"event\":\"ended\"");
    }

    @Test
    void aFullDiskRejectsExecutionsUntilThereIsSpace() throws Exception {
        Path disk = Files.createDirectory(parent.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", disk.toString()),
                "needs root to mount a small file system");
        try (AuditLog log = new AuditLog(disk.resolve("audit"), OptionalLong.empty(), () -> NOW)) {
            AuditedExecution running = log.accept(CALL, request());
            Path filler = disk.resolve("filler");
            fill(filler);
            // Fills the current block of the log.
            for (int count = 0; count < 20; count++) {
                try {
                    log.accept(CALL, request());
                } catch (NeuroVisorException full) {
                    break;
                }
            }
            long before = Files.size(disk.resolve("audit/audit.jsonl"));
            assertThatThrownBy(() -> log.accept(CALL, request()))
                    .hasMessageContaining("the disk is full; free some space")
                    .satisfies(failure ->
                            assertThat(((NeuroVisorException) failure).fault()).isEqualTo(Fault.STORAGE_FAILED));
            running.ended(result());
            assertThat(Files.size(disk.resolve("audit/audit.jsonl"))).isEqualTo(before);
            Files.delete(filler);
            log.accept(CALL, request());
            List<String> lines = Files.readAllLines(disk.resolve("audit/audit.jsonl"));
            assertThat(lines).allMatch(line -> line.startsWith("{\"time\"") && line.endsWith("}"));
            assertThat(lines.get(lines.size() - 2)).contains("\"event\":\"ended\"");
        } finally {
            assertThat(run("umount", disk.toString())).isTrue();
        }
    }

    private static void fill(Path file) {
        byte[] block = new byte[4096];
        try {
            while (true) {
                Files.write(file, block, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private static void isRefused(AuditLog log) {
        assertThatThrownBy(() -> log.accept(CALL, request()))
                .hasMessageStartingWith("Nothing is executed without an entry in the audit log. Cannot ")
                .satisfies(failure ->
                        assertThat(((NeuroVisorException) failure).fault()).isEqualTo(Fault.STORAGE_FAILED));
    }

    private AuditLog log(OptionalLong max) {
        return new AuditLog(parent.resolve("audit"), max, () -> NOW);
    }

    private Path file() {
        return parent.resolve("audit/audit.jsonl");
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(file());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(parent.resolve("audit"))) {
            return files.filter(file -> file.toString().endsWith(".jsonl")).toList();
        }
    }

    private long bytes() throws IOException {
        long bytes = 0;
        for (Path file : files()) {
            bytes += Files.size(file);
        }
        return bytes;
    }

    private static ExecutionRequest request() {
        Program program = new Program(
                Language.named("python"),
                "print('hunter2 \u00e4')",
                List.of("argument"),
                Map.of("TOKEN", "hunter2"),
                ByteBuffer.wrap(new byte[] {1}),
                List.of(),
                Interpreter.WARM);
        return new ExecutionRequest(TRACE, program, Duration.ofSeconds(30), SandboxSize.MEDIUM);
    }

    private static ExecutionResult result() {
        return new ExecutionResult(
                TRACE,
                ProgramExit.killed(Outcome.TIMED_OUT, Duration.ofSeconds(29)),
                new VmId("vm-1"),
                Optional.of("template"),
                List.of(
                        LayerState.live(Layer.SECCOMP, "an allowlist"),
                        LayerState.off(Layer.EBPF_LSM, "no BPF LSM here", "")),
                Duration.ofMillis(5),
                Duration.ofSeconds(30),
                "");
    }
}
