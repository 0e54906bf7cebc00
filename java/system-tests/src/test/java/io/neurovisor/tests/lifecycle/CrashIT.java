package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.host.files.PathLock;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningVm;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests that nothing remains however NeuroVisor ends. If its spawner is killed, the next command removes the leftovers. The tests use
 * {@code kill -9} in every phase, and signals that NeuroVisor handles in one phase of the start and during the execution.
 */
@ShortTier
final class CrashIT {
    private static final Duration LIMIT = Duration.ofSeconds(5);

    /** The phase of a run; the beginning of each is observable. */
    enum Phase {
        /** mmdebstrap is filling a directory. */
        BUILDING,
        /** A machine boots that will become a template. */
        BOOTING,
        /** Another process builds the artifact that this one needs. */
        WAITING,
        /** A request waits, because another one has the only machine. */
        QUEUED,
        /** The program is running and has printed a line. */
        EXECUTING,
        /** The program has ended, and the spawner has not read the request to kill its machine. */
        DESTROYING
    }

    enum Victim {
        NEUROVISOR,
        SPAWNER
    }

    /** Builds the artifacts that every run needs. */
    @BeforeAll
    static void runOnce() {
        CommandLineRun run = CommandLineRun.of("run", "-l", "bash", "-c", "true");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
    }

    @ParameterizedTest(name = "{0}: SIG{2} to {1} gives {3}")
    @Execution(ExecutionMode.CONCURRENT)
    @CsvSource({
        "BUILDING,   NEUROVISOR, KILL, 137",
        "BUILDING,   SPAWNER,    KILL, 125",
        "BOOTING,    NEUROVISOR, INT,  130",
        "BOOTING,    NEUROVISOR, TERM, 143",
        "BOOTING,    NEUROVISOR, KILL, 137",
        "BOOTING,    SPAWNER,    KILL, 125",
        "WAITING,    NEUROVISOR, KILL, 137",
        "WAITING,    SPAWNER,    KILL, 125",
        "QUEUED,     NEUROVISOR, KILL, 137",
        "QUEUED,     SPAWNER,    KILL, 123",
        "EXECUTING,  NEUROVISOR, INT,  130",
        "EXECUTING,  NEUROVISOR, TERM, 143",
        "EXECUTING,  NEUROVISOR, KILL, 137",
        "EXECUTING,  SPAWNER,    KILL, 123",
        "DESTROYING, NEUROVISOR, KILL, 137",
        // The program, and thereby its machine, had ended before.
        "DESTROYING, SPAWNER,    KILL, 0",
    })
    void nothingIsLeftWhateverItWasDoing(Phase phase, Victim victim, String signal, int exitCode) throws Exception {
        try (DoomedRun run = place(phase)) {
            PathLock other = phase == Phase.WAITING ? lockOfKernel(run) : null;
            reach(run, phase);
            ProcessHandle spawner = run.spawner();

            run.signal(victim == Victim.SPAWNER ? spawner : run.neurovisor(), signal);
            if (phase == Phase.DESTROYING && victim == Victim.NEUROVISOR) {
                run.signal(spawner, "CONT");
            }
            if (other != null && victim == Victim.SPAWNER) {
                // Only from here on the run needs its spawner.
                other.close();
            }

            assertThat(run.exitCode()).as(run::said).isEqualTo(exitCode);
            if (!signal.equals("KILL")) {
                assertThat(run.processesLeft()).as("the machine ends first").isEmpty();
            }
            // A VMM whose bubblewrap is killed before it is bound to it lives until the next start.
            if (victim != Victim.SPAWNER || phase != Phase.BOOTING) {
                await().atMost(LIMIT)
                        .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
            }
            if (victim == Victim.SPAWNER) {
                CommandLineRun next = run.neurovisor("gc");
                assertThat(next.exitCode()).as(next.stderr()).isZero();
                assertThat(next.stdout()).contains("left by a run that was killed");
            }
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(run.filesLeft()).isEmpty());
            if (other != null && victim == Victim.NEUROVISOR) {
                other.close();
            }
        }
    }

    private static DoomedRun place(Phase phase) throws IOException {
        return switch (phase) {
            case BUILDING, WAITING -> DoomedRun.in();
            case BOOTING -> DoomedRun.in("images", "kernels", "initrds");
            case QUEUED, EXECUTING, DESTROYING -> DoomedRun.in("images", "kernels", "initrds", "templates");
        };
    }

    private static void reach(DoomedRun run, Phase phase) throws IOException, InterruptedException {
        switch (phase) {
            case BUILDING -> {
                run.start("true");
                run.awaitFile(name -> name.equals("apt"));
            }
            case BOOTING -> {
                run.start("true");
                run.awaitLine("Making template");
                run.awaitProcess("qemu-system");
            }
            case WAITING -> {
                run.start("true");
                run.awaitLine("; waiting");
            }
            case QUEUED -> {
                run.start(QueuedProgram.class);
                run.awaitLine("a request waits");
            }
            case EXECUTING -> {
                run.start("echo running; sleep 1000");
                run.awaitLine("running");
            }
            case DESTROYING -> {
                run.start("echo running; sleep 10");
                run.awaitLine("running");
                run.signal(run.spawner(), "STOP");
                run.awaitUnreadRequest();
            }
        }
    }

    private static PathLock lockOfKernel(DoomedRun run) throws IOException {
        Path kernels = Files.createDirectory(run.data().resolve("kernels"));
        return PathLock.acquire(kernels.resolve(".debian.lock"), () -> {});
    }

    @Test
    void doctorReportsLeftoversOfAKilledSpawner() throws Exception {
        try (DoomedRun run = place(Phase.EXECUTING)) {
            reach(run, Phase.EXECUTING);
            run.signal(run.spawner(), "KILL");
            run.exitCode();

            CommandLineRun doctor = run.neurovisor("doctor", "--fix");

            assertThat(doctor.stdout()).contains("removed " + run.data().resolveSibling("run") + "/neurovisor/");
            assertThat(run.processesLeft()).isEmpty();
            assertThat(run.filesLeft()).isEmpty();
        }
    }

    @Test
    void reportsAKilledMachineWithPartialOutput() throws InterruptedException {
        RunningVm running = RunningVm.start();

        running.vmm().destroyForcibly();

        assertThat(running.neurovisor().waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(running.neurovisor().exitValue()).isEqualTo(123);
        assertThat(running.neurovisor().errorReader().lines())
                .anyMatch(line -> line.contains("the sandbox died: QEMU was killed by signal 9"));
        running.assertGoneWithin(LIMIT);
    }
}
