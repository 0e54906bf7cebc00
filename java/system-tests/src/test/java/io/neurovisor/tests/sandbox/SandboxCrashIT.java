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
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Tests how living sandboxes end when a part of the system ends, in the middle of each kind of call: with their reason, with nothing
 * left after 5 seconds, and with records that {@code doctor} confirms. A daemon that ends in an orderly way pauses them.
 */
final class SandboxCrashIT {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    /** A stopped VMM is noticed by the deadline of a call. */
    private static final Duration SILENCE = Duration.ofSeconds(90);

    private static final String[] STORES = {"images", "kernels", "initrds", "templates"};

    enum Victim {
        DAEMON,
        SPAWNER
    }

    /** The call that is under way. */
    enum Call {
        /** A sandbox gets its machine. */
        CREATE,
        /** A process runs, and its client waits for output. */
        PROCESS,
        /** A file is written, and its client has sent a part. */
        WRITE,
        /** A file is read, and its client has taken a part. */
        READ,
        /** A client waits for changes of its sandboxes. */
        WATCH
    }

    /** Builds what every machine needs. */
    @BeforeAll
    static void runOnce() {
        CommandLineRun run = CommandLineRun.of("run", "--size=small", "-l", "bash", "-c", "true");
        assertThat(run.exitCode()).as(run.stderr()).isZero();
    }

    @ParameterizedTest(name = "{0}: SIG{2} to {1}: the daemon exits with {3}")
    @CsvSource({
        "CREATE,  DAEMON,  KILL, 137",
        "CREATE,  SPAWNER, KILL, 125",
        "PROCESS, DAEMON,  KILL, 137",
        "PROCESS, DAEMON,  TERM, 0",
        "PROCESS, SPAWNER, KILL, 125",
        "WRITE,   DAEMON,  KILL, 137",
        "WRITE,   SPAWNER, KILL, 125",
        "READ,    DAEMON,  KILL, 137",
        "READ,    SPAWNER, KILL, 125",
        "WATCH,   DAEMON,  TERM, 0",
    })
    void nothingIsLeftOfADaemonThatEnds(Call call, Victim victim, String signal, int exitCode) throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            Process client = begin(run, call, id);

            run.signal(victim == Victim.DAEMON ? run.neurovisor() : run.spawner(), signal);

            // A command that waits for its input notices the end after it.
            client.getOutputStream().close();
            CommandLineRun ended = CommandLineRun.await(client);
            // A watch of a daemon that shuts down has seen everything.
            Set<Integer> codes = call == Call.WATCH ? Set.of(0) : Set.of(1, 123, 125, 126);
            assertThat(codes).as(ended.stderr()).contains(ended.exitCode());
            assertThat(ended.stderr()).isNotEmpty();
            assertThat(run.exitCode()).as(run::said).isEqualTo(exitCode);
            boolean orderly = signal.equals("TERM");
            assertNothingIsLeft(run, orderly ? Optional.empty() : Optional.of(victim));

            run.serve();
            if (orderly) {
                CommandLineRun resumed = SandboxCommand.of(run.socket(), "exec", id, "--", "echo", "alive");
                assertThat(resumed.stdout()).as(resumed.stderr()).isEqualTo("alive\n");
            } else {
                assertThat(endOf(run, id)).contains("lost");
            }
            run.signal(run.neurovisor(), "TERM");
            assertThat(run.exitCode()).as(run::said).isZero();
        }
    }

    /** Begins a call and returns when it is under way. */
    private static Process begin(DoomedRun run, Call call, String id) throws IOException {
        return switch (call) {
            case CREATE -> {
                int before = run.vmms().size();
                Process client = SandboxCommand.start(run.socket(), "create", "--timeout", "10m");
                await().atMost(SILENCE)
                        .pollInterval(Duration.ofMillis(10))
                        .until(() -> run.vmms().size() > before);
                yield client;
            }
            case PROCESS -> {
                Process client =
                        SandboxCommand.start(run.socket(), "exec", id, "--", "bash", "-c", "echo running; sleep 1000");
                assertThat(client.inputReader().readLine()).isEqualTo("running");
                yield client;
            }
            case WRITE -> {
                Process client = SandboxCommand.launch(run.socket(), "cp", "-", id + ":file");
                client.getOutputStream().write(new byte[1 << 20]);
                client.getOutputStream().flush();
                awaitTemporary(run, id);
                yield client;
            }
            case READ -> {
                CommandLineRun made = SandboxCommand.of(
                        run.socket(), "exec", id, "--", "bash", "-c", "head -c 8000000 /dev/zero > file");
                assertThat(made.exitCode()).as(made.stderr()).isZero();
                Process client = SandboxCommand.start(run.socket(), "cp", id + ":file", "-");
                assertThat(client.getInputStream().read()).isZero();
                yield client;
            }
            case WATCH -> {
                Process client = SandboxCommand.start(run.socket(), "watch");
                await().atMost(SILENCE)
                        .until(() -> SandboxCommand.of(run.socket(), "timeout", id, "20m")
                                                .exitCode()
                                        == 0
                                && client.getInputStream().available() > 0);
                yield client;
            }
        };
    }

    /** Waits until the guest has a part of the file under its temporary name. */
    private static void awaitTemporary(DoomedRun run, String id) {
        await().atMost(SILENCE)
                .untilAsserted(() -> assertThat(SandboxCommand.of(
                                        run.socket(),
                                        "exec",
                                        id,
                                        "--",
                                        "bash",
                                        "-c",
                                        "find . -type f -size +500k | wc -l")
                                .stdout())
                        .isEqualTo("1\n"));
    }

    /** @param killed what was killed; empty if all ended in an orderly way */
    private static void assertNothingIsLeft(DoomedRun run, Optional<Victim> killed) {
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
        killed.ifPresent(victim -> {
            CommandLineRun gc = run.neurovisor("gc");
            assertThat(gc.exitCode()).as(gc.stderr()).isZero();
            assertThat(gc.stdout())
                    .contains(victim == Victim.DAEMON ? "recorded as alive" : "left by a run that was killed");
        });
        await().atMost(LIMIT).untilAsserted(() -> assertThat(run.filesLeft()).isEmpty());
    }

    /** Returns the error of a call to a sandbox that has ended. */
    private static String endOf(DoomedRun run, String id) {
        CommandLineRun gone = SandboxCommand.of(run.socket(), "exec", id, "--", "true");
        assertThat(gone.exitCode()).isEqualTo(125);
        assertThat(gone.stderr()).contains(id);
        return gone.stderr();
    }

    @Test
    void doctorAgreesWithTheRecords() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            assertThat(run.neurovisor("doctor").stdout())
                    .containsPattern("sandboxes +pass +1 runs")
                    .containsPattern("leftovers +pass");

            run.signal(run.neurovisor(), "KILL");
            assertThat(run.exitCode()).isEqualTo(137);
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
            assertThat(run.neurovisor("doctor", "--fix").stdout())
                    .contains("1 sandbox of a daemon that was killed, recorded as alive")
                    .containsPattern("sandboxes +pass +none runs")
                    .containsPattern("leftovers +pass");

            run.serve();
            assertThat(endOf(run, id)).contains("lost");
        }
    }

    @ShortTier
    @Test
    void streamsOfADeadMachineEndWithItsReason() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
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
                awaitEnd(client, id, "killed by signal 9");
                assertThat(client.output(client.create(), "echo alive")).isEqualTo("alive\n");
            } finally {
                channel.shutdownNow();
            }
            endOrderly(run);
        }
    }

    @Test
    void aFileWhoseMachineDiesIsNotWritten() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            String id = create(run);
            Process write = begin(run, Call.WRITE, id);

            run.signal(onlyVmm(run), "KILL");

            write.getOutputStream().close();
            CommandLineRun ended = CommandLineRun.await(write);
            assertThat(ended.exitCode()).as(ended.stderr()).isIn(1, 123, 125);
            assertThat(ended.stderr()).contains("killed by signal 9");
            assertThat(endOf(run, id)).contains("died", "killed by signal 9");
            endOrderly(run);
        }
    }

    /** Of the machines that a creation tries, the first dies; a second one may take its place. */
    @Test
    void aMachineThatDiesDuringACreationLeavesNothing() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            Process create = SandboxCommand.start(run.socket(), "create", "--timeout", "10m");
            await().atMost(SILENCE)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> !run.vmms().isEmpty());
            run.signal(run.vmms().getFirst(), "KILL");

            CommandLineRun created = CommandLineRun.await(create);
            if (created.exitCode() == 0) {
                assertThat(SandboxCommand.of(
                                        run.socket(), "exec", created.stdout().strip(), "--", "echo", "alive")
                                .stdout())
                        .isEqualTo("alive\n");
                assertThat(run.vmms()).hasSize(1);
            } else {
                assertThat(created.stderr()).contains("killed by signal 9");
                await().atMost(LIMIT).untilAsserted(() -> assertThat(run.vmms()).isEmpty());
            }
            endOrderly(run);
        }
    }

    @Test
    void aGuestWhoseKernelDiesEndsItsSandbox() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve();
            ManagedChannel channel = SandboxCommand.channel(run.socket());
            try {
                SandboxClient client = SandboxClient.of(channel);
                String id = client.create();
                Iterator<ProcessEvent> events = client.start(id, "bash", "-c", "echo running; while :; do :; done");
                assertThat(events.next().hasStarted()).isTrue();
                assertThat(events.next().hasOutput()).isTrue();

                SandboxCommand.overwriteMemory(onlyVmm(run));

                Throwable end = catchThrowable(events::hasNext);
                assertThat(Status.fromThrowable(end).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                awaitEnd(client, id, "died");
                await().atMost(LIMIT).untilAsserted(() -> assertThat(run.vmms()).isEmpty());
            } finally {
                channel.shutdownNow();
            }
            endOrderly(run);
        }
    }

    @Test
    void aStoppedMachineFailsItsCallsAndCanBeKilled() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
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
            endOrderly(run);
        }
    }

    @Test
    void aSecondSignalEndsSandboxesImmediately() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            run.serve(Duration.ofMinutes(10));
            String id = create(run);
            Process execution = CommandLineRun.start(
                    SandboxCommand.environment(run.socket()),
                    "run",
                    "--size=small",
                    "-l",
                    "bash",
                    "--timeout=300",
                    "-c",
                    "echo running; sleep 1000");
            assertThat(execution.inputReader().readLine()).isEqualTo("running");
            run.signal(run.neurovisor(), "TERM");
            run.awaitLine("a second signal stops them now");
            assertThat(run.vmms()).as("the execution has time to finish").hasSize(2);

            run.signal(run.neurovisor(), "TERM");

            assertThat(run.exitCode()).as(run::said).isZero();
            assertThat(CommandLineRun.await(execution).exitCode()).isNotZero();
            assertNothingIsLeft(run, Optional.empty());
            run.serve();
            assertThat(endOf(run, id)).contains("lost");
            endOrderly(run);
        }
    }

    @Test
    void theSandboxesOfARevokedKeyEnd() throws Exception {
        try (DoomedRun run = DoomedRun.in(STORES)) {
            CommandLineRun made = run.neurovisor("keys", "create", "ci", "--scopes=sandbox");
            assertThat(made.exitCode()).as(made.stderr()).isZero();
            String key = made.stdout()
                    .substring(made.stdout().indexOf("nvk_"))
                    .lines()
                    .findFirst()
                    .orElseThrow();
            run.serve();
            ManagedChannel channel = SandboxCommand.channel(run.socket());
            try {
                SandboxClient client = SandboxClient.of(channel);
                SandboxClient holder = client.with(key.strip());
                String other = client.create();
                String id = holder.create();
                Iterator<ProcessEvent> events = holder.start(id, "sleep", "1000");
                assertThat(events.next().hasStarted()).isTrue();

                assertThat(run.neurovisor("keys", "revoke", "ci").exitCode()).isZero();

                Throwable end = catchThrowable(events::hasNext);
                assertThat(Status.fromThrowable(end).getDescription()).contains("key, which was revoked");
                await().atMost(LIMIT).untilAsserted(() -> assertThat(run.vmms()).hasSize(1));
                assertThat(client.output(other, "echo alive")).isEqualTo("alive\n");
            } finally {
                channel.shutdownNow();
            }
            endOrderly(run);
        }
    }

    private static void awaitEnd(SandboxClient client, String id, String how) {
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(Optional.ofNullable(catchThrowable(() -> client.get(id))))
                        .hasValueSatisfying(failure -> assertThat(failure)
                                .hasMessageContaining("NOT_FOUND")
                                .hasMessageContaining(how)));
    }

    private static void endOrderly(DoomedRun run) throws Exception {
        run.signal(run.neurovisor(), "TERM");
        assertThat(run.exitCode()).as(run::said).isZero();
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(run.processesLeft()).isEmpty());
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
