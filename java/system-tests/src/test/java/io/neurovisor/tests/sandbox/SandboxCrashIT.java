package io.neurovisor.tests.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.lifecycle.DoomedRun;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests how living sandboxes end when a part of the system ends: with their reason, and with nothing left after 5 seconds. */
final class SandboxCrashIT {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    /** A stopped VMM is noticed by the deadline of a call. */
    private static final Duration SILENCE = Duration.ofSeconds(90);

    enum Victim {
        DAEMON,
        SPAWNER,
        VMM
    }

    /** Builds what every machine needs. */
    @BeforeAll
    static void runOnce() {
        CommandLineRun run = CommandLineRun.of("run", "--size=small", "-l", "bash", "-c", "true");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
    }

    @ParameterizedTest(name = "SIG{1} to {0}: the daemon exits with {2}")
    @CsvSource({
        "DAEMON, KILL, 137",
        "DAEMON, TERM, 0",
        "SPAWNER, KILL, 125",
    })
    void nothingIsLeftOfADaemonThatEnds(Victim victim, String signal, int exitCode) throws Exception {
        try (DoomedRun run = DoomedRun.in("images", "kernels", "initrds", "templates")) {
            run.serve();
            String id = create(run);
            Process process =
                    SandboxCommand.start(run.socket(), "exec", id, "--", "bash", "-c", "echo running; sleep 1000");
            assertThat(process.inputReader().readLine()).isEqualTo("running");

            run.signal(victim == Victim.DAEMON ? run.neurovisor() : run.spawner(), signal);

            CommandLineRun client = CommandLineRun.await(process);
            assertThat(client.exitCode()).as(client.stderr()).isIn(123, 125, 126);
            assertThat(client.stderr()).isNotEmpty();
            assertThat(run.exitCode()).as(run::said).isEqualTo(exitCode);
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
            if (!signal.equals("TERM")) {
                CommandLineRun gc = run.neurovisor("gc");
                assertThat(gc.exitCode()).as(gc.stderr()).isZero();
            }
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(run.filesLeft()).isEmpty());
            CommandLineRun doctor = run.neurovisor("doctor");
            assertThat(doctor.stdout())
                    .as("the records agree with the machines")
                    .containsPattern("leftovers +pass");

            run.serve();
            CommandLineRun gone = SandboxCommand.of(run.socket(), "exec", id, "--", "true");
            assertThat(gone.exitCode()).isEqualTo(125);
            assertThat(gone.stderr()).contains(id, signal.equals("TERM") ? "shut down" : "lost");
            run.signal(run.neurovisor(), "TERM");
            assertThat(run.exitCode()).as(run::said).isZero();
        }
    }

    @ShortTier
    @Test
    void streamsOfADeadMachineEndWithItsReason() throws Exception {
        try (DoomedRun run = DoomedRun.in("images", "kernels", "initrds", "templates")) {
            run.serve();
            ManagedChannel channel = SandboxCommand.channel(run.socket());
            try {
                SandboxClient client = SandboxClient.of(channel);
                String id = client.create();
                Iterator<ProcessEvent> events = client.start(id, "sleep", "1000");
                assertThat(events.next().hasStarted()).isTrue();
                ProcessHandle vmm = onlyVmm(run);

                run.signal(vmm, "KILL");

                Throwable end = catchThrowable(events::hasNext);
                assertThat(Status.fromThrowable(end).getDescription()).contains("killed by signal 9");
                await().atMost(LIMIT)
                        .untilAsserted(() -> assertThat(catchThrowable(() -> client.get(id)))
                                .hasMessageContaining("NOT_FOUND")
                                .hasMessageContaining("killed by signal 9"));
                assertThat(client.output(client.create(), "echo alive")).isEqualTo("alive\n");
            } finally {
                channel.shutdownNow();
            }
            run.signal(run.neurovisor(), "TERM");
            assertThat(run.exitCode()).as(run::said).isZero();
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
        }
    }

    @Test
    void aStoppedMachineFailsItsCallsAndCanBeKilled() throws Exception {
        try (DoomedRun run = DoomedRun.in("images", "kernels", "initrds", "templates")) {
            run.serve();
            ManagedChannel channel = SandboxCommand.channel(run.socket());
            try {
                SandboxClient client = SandboxClient.of(channel);
                String id = client.create();
                run.signal(onlyVmm(run), "STOP");

                Throwable silent = catchThrowable(() -> client.output(id, "true"));
                assertThat(Status.fromThrowable(silent).getCode())
                        .isIn(Status.Code.DEADLINE_EXCEEDED, Status.Code.UNAVAILABLE);
                assertThat(client.kill(id)).isIn(true, false);
                await().atMost(SILENCE)
                        .untilAsserted(() -> assertThat(run.vmms()).allMatch(vmm -> !SandboxCommand.isStopped(vmm)));
            } finally {
                channel.shutdownNow();
            }
            run.signal(run.neurovisor(), "TERM");
            assertThat(run.exitCode()).as(run::said).isZero();
        }
    }

    private static ProcessHandle onlyVmm(DoomedRun run) {
        assertThat(run.vmms()).hasSize(1);
        return run.vmms().getFirst();
    }

    private static String create(DoomedRun run) throws IOException {
        CommandLineRun created = SandboxCommand.of(run.socket(), "create", "--timeout", "10m");
        assertThat(created.exitCode()).as(created.stderr() + run.said()).isZero();
        return created.stdout().strip();
    }
}
