package io.neurovisor.tests.firecracker;

import static io.neurovisor.tests.firecracker.FirecrackerMachines.soon;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.ProgramRun;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.SavedVm;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.testkit.RecordingSink;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that Firecracker clones of an old template share no unique state and have the time of the host. */
final class FirecrackerClonesIT {
    private static final int CLONES = 10;
    private static final Duration AGE = Duration.ofMinutes(1);
    private static final List<String> UNIQUE =
            List.of("uuid", "kernel-uuid", "boot-id", "machine-id", "urandom", "random", "hostname");

    /** Prints the time repeatedly, so that at least one line arrives without delay. */
    private static final String CLOCK = """
            import os, time
            for _ in range(40):
                os.write(1, f"{time.time()}\\n".encode())
                time.sleep(0.02)
            """;

    private static final String DRAW = """
            import os, random, socket, uuid
            print("uuid", uuid.uuid4())
            print("kernel-uuid", open("/proc/sys/kernel/random/uuid").read().strip())
            print("boot-id", open("/proc/sys/kernel/random/boot_id").read().strip())
            print("machine-id", open("/etc/machine-id").read().strip())
            print("urandom", os.urandom(16).hex())
            print("random", random.getrandbits(128))
            print("hostname", socket.gethostname())
            """;

    @TempDir
    private static Path runtime;

    private static FirecrackerMachines machines;
    private static SavedVm saved;

    @BeforeAll
    static void saveAndAge() {
        machines = FirecrackerMachines.startOrSkip(runtime);
        saved = machines.save(SandboxSize.SMALL);
        Path state = saved.directory().resolve("state");
        Awaitility.await()
                .pollInterval(Duration.ofSeconds(1))
                .atMost(AGE.multipliedBy(2))
                .until(() -> Files.getLastModifiedTime(state)
                        .toInstant()
                        .plus(AGE)
                        .isBefore(InstantSource.system().instant()));
    }

    @AfterAll
    static void stop() {
        if (machines != null) {
            machines.close();
        }
    }

    @Test
    void tenClonesShareNoState() {
        List<CompletableFuture<String>> runs = IntStream.range(0, CLONES)
                .mapToObj(_ -> CompletableFuture.supplyAsync(FirecrackerClonesIT::draw, Thread::startVirtualThread))
                .toList();
        List<String> drawn = runs.stream().map(CompletableFuture::join).toList();
        for (String key : UNIQUE) {
            assertThat(drawn.stream().map(text -> value(text, key)))
                    .as(key)
                    .hasSize(CLONES)
                    .doesNotHaveDuplicates();
        }
    }

    /** Runs sequentially, because a program that waits for a processor prints an old time. */
    @RepeatedTest(CLONES)
    void clockMatchesTheHost() {
        ClockSink sink = new ClockSink();
        try (Machine machine = open()) {
            ProgramRun run = run(machine, CLOCK, sink);
            assertThat(run.exit().exitCode()).as(run.detail()).isZero();
        }
        assertThat(sink.leastLagSeconds)
                .as("seconds by which the guest's clock is behind, at most")
                .isBetween(-0.1, 0.1);
    }

    private static String draw() {
        RecordingSink sink = new RecordingSink();
        try (Machine machine = open()) {
            ProgramRun run = run(machine, DRAW, sink);
            assertThat(run.exit().exitCode())
                    .as(run.detail() + sink.stderrText())
                    .isZero();
        }
        return sink.stdoutText();
    }

    private static Machine open() {
        return machines.factory().open(new VmStart.Restore(saved), soon());
    }

    private static ProgramRun run(Machine machine, String code, OutputSink sink) {
        return machine.run(
                new Program(Language.PYTHON, code), Duration.ofMinutes(2), new TraceId(UUID.randomUUID()), sink);
    }

    private static String value(String text, String key) {
        return text.lines()
                .filter(line -> line.startsWith(key + " "))
                .map(line -> line.substring(key.length() + 1))
                .findFirst()
                .orElseThrow();
    }

    /** Compares each time that a guest prints with the time of its arrival. */
    private static final class ClockSink implements OutputSink {
        private double leastLagSeconds = Double.MAX_VALUE;

        @Override
        public void stdout(ByteBuffer bytes) {
            double now = InstantSource.system().millis() / 1000.0;
            String last =
                    StandardCharsets.UTF_8.decode(bytes).toString().lines().reduce("", (_, line) -> line);
            leastLagSeconds = Math.min(leastLagSeconds, now - Double.parseDouble(last));
        }

        @Override
        public void stderr(ByteBuffer bytes) {}

        @Override
        public void file(String path, ByteBuffer part, boolean last) {}
    }
}
