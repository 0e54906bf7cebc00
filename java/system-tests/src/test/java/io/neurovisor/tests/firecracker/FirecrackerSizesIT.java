package io.neurovisor.tests.firecracker;

import static io.neurovisor.tests.firecracker.FirecrackerMachines.soon;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.Machine;
import io.neurovisor.engine.machine.ProgramRun;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.testkit.RecordingSink;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that a Firecracker clone has the processors and the memory of its size. */
final class FirecrackerSizesIT {
    private static final Program LOOK =
            new Program(Language.BASH, "nproc; awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo");

    @TempDir
    private static Path runtime;

    private static FirecrackerMachines machines;

    @BeforeAll
    static void start() {
        machines = FirecrackerMachines.startOrSkip(runtime);
    }

    @AfterAll
    static void stop() {
        if (machines != null) {
            machines.close();
        }
    }

    @ParameterizedTest
    @EnumSource(SandboxSize.class)
    void sizeDeterminesProcessorsAndMemory(SandboxSize size) {
        RecordingSink sink = new RecordingSink();
        try (Machine machine = machines.factory().open(new VmStart.Restore(machines.save(size)), soon())) {
            ProgramRun run = machine.run(LOOK, Duration.ofMinutes(1), new TraceId(UUID.randomUUID()), sink);
            assertThat(run.exit().exitCode()).as(run.detail()).isZero();
        }
        List<Integer> seen = sink.stdoutText().lines().map(Integer::valueOf).toList();
        assertThat(seen.get(0)).as("processors").isEqualTo(size.vcpuCount());
        assertThat(seen.get(1))
                .as("MemTotal in MiB")
                .isBetween(size.memoryMebibytes() * 93 / 100, size.memoryMebibytes());
    }
}
