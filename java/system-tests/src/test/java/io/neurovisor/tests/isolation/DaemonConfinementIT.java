package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.neurovisor.host.nativecalls.Landlock;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.spawner.Jail;
import io.neurovisor.proto.spawner.Request;
import io.neurovisor.proto.spawner.StartVmm;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the confinement of a daemon, which is in place before the first request: the kernel reports it for every thread, during and
 * after executions; the daemon cannot start a program, and its machines work.
 */
@ShortTier
final class DaemonConfinementIT {
    private static final int PROGRAMS = 36;
    private static final Pattern SAID = Pattern.compile(
            "neurovisor: cannot execute programs any more \\(seccomp: (\\d+) rules on each of \\d+ threads; no_new_privs\\) and has (no capabilities|only CAP_DAC_OVERRIDE of root's capabilities; .*Landlock.*)");
    private static final String NONE = "0000000000000000";
    private static final String DAC_OVERRIDE = "0000000000000002";
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** An argument that identifies the process. */
    private static final String SECONDS = "424242.5";

    /** A filter that allows everything: BPF_RET | BPF_K of SECCOMP_RET_ALLOW (seccomp(2)). */
    private static final byte[] ALLOW = {0x06, 0, 0, 0, 0, 0, (byte) 0xff, 0x7f};

    @TempDir
    private Path directory;

    @Test
    void everyThreadOfALiveDaemonIsFiltered() throws Exception {
        try (RunningDaemon daemon = RunningDaemon.start(
                        directory, "--warm=1", "--max=3", "--rate-limit=off", "--acquire-timeout=2m", "--http-port=0");
                HttpClient http = HttpClient.newHttpClient()) {
            assertThat(Integer.parseInt(daemon.awaitMessage(SAID, LIMIT).group(1)))
                    .isGreaterThan(60);
            assertFiltered(daemon);
            try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<ExecuteResponse>> answers = new ArrayList<>();
                for (int index = 0; index < PROGRAMS; index++) {
                    ExecuteRequest request = program(index);
                    answers.add(clients.submit(() -> ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                            .execute(request)));
                }
                HttpRequest ofE2b = HttpRequest.newBuilder(URI.create(daemon.httpAddress() + "/sandboxes"))
                        .build();
                assertThat(http.send(ofE2b, BodyHandlers.ofString()).statusCode())
                        .isEqualTo(401);
                await().atMost(LIMIT).until(() -> daemon.vmms().size() > 1);
                assertFiltered(daemon);
                for (int index = 0; index < PROGRAMS; index++) {
                    assertThat(answers.get(index).get().getStdout()).isEqualTo(index * 2 + "\n");
                }
            }
            Map<String, String> attempts =
                    DaemonIntruder.attempts(daemon.process().pid(), directory);
            assertThat(attempts.get("exec")).contains("Operation not permitted");
            assertFiltered(daemon);
            assertThat(ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                            .execute(program(21))
                            .getStdout())
                    .isEqualTo("42\n");
        }
    }

    /** Covers the files by which an attacker in a daemon of root could make the kernel or other programs run code. */
    @Test
    @EnabledIf("isRoot")
    void daemonOfRootChangesOnlyItsOwnFiles() throws Exception {
        Optional<Landlock> ruleset = Landlock.writingOnly(List.of());
        ruleset.ifPresent(Landlock::close);
        assumeThat(ruleset).as("Landlock of this kernel").isPresent();
        try (RunningDaemon daemon =
                RunningDaemon.start(directory, "--warm=0", "--max=1", "--acquire-timeout=2m", "--http-port=0")) {
            daemon.awaitMessage(SAID, LIMIT);
            Map<String, String> attempts =
                    DaemonIntruder.attempts(daemon.process().pid(), directory);
            assertThat(attempts).containsEntry("own", DaemonAttempts.DONE);
            for (String closed : List.of("core_pattern", "hostname", "cron", "home", "disk write")) {
                assertThat(attempts.get(closed)).as(closed).startsWith("AccessDeniedException ");
            }
            assertThat(ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                            .execute(program(21))
                            .getStdout())
                    .isEqualTo("42\n");
        }
    }

    /** Root sends requests as an attacker in the daemon could: through the request pipe of the spawner. */
    @Test
    @EnabledIf("isRoot")
    void spawnerStartsNoOtherProgram() throws Exception {
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=1", "--max=1", "--acquire-timeout=2m")) {
            daemon.awaitMessage(SAID, LIMIT);
            await().atMost(LIMIT).until(() -> !daemon.vmms().isEmpty());
            long spawner = daemon.process()
                    .children()
                    .filter(child -> child.info().command().orElse("").endsWith("neurovisor-spawner"))
                    .findFirst()
                    .orElseThrow()
                    .pid();
            Request forged = Request.newBuilder()
                    .setStart(StartVmm.newBuilder()
                            .setVmId("forged")
                            .setExecutable("/usr/bin/sleep")
                            .addArguments(SECONDS)
                            .setJail(Jail.newBuilder()
                                    .addVisible("/usr")
                                    .addVisible("/lib")
                                    .addVisible("/lib64")
                                    .setSeccompFilter(ByteString.copyFrom(ALLOW))))
                    .build();
            try (OutputStream requests = Files.newOutputStream(Path.of("/proc/" + spawner + "/fd/0"))) {
                forged.writeDelimitedTo(requests);
            }
            // The daemon reports an event of a machine that it has not requested as an error.
            daemon.awaitMessage(Pattern.compile(".*VM forged, which was not started"), LIMIT);
            assertThat(ProcessHandle.allProcesses()
                            .map(process -> process.info().arguments().orElse(new String[0]))
                            .filter(arguments -> List.of(arguments).contains(SECONDS)))
                    .isEmpty();
        }
    }

    static boolean isRoot() {
        return System.getProperty("user.name").equals("root");
    }

    private static ExecuteRequest program(int number) {
        return ExecuteRequest.newBuilder()
                .setLanguage(number % 2 == 0 ? "python" : "bash")
                .setCode(number % 2 == 0 ? "print(" + number + " * 2)" : "echo $((" + number + " * 2))")
                .build();
    }

    private static void assertFiltered(RunningDaemon daemon) throws IOException {
        List<String> threads = statuses(daemon.process().pid());
        assertThat(threads)
                .hasSizeGreaterThan(10)
                .allSatisfy(status -> assertThat(status.lines())
                        .contains("NoNewPrivs:\t1", "Seccomp:\t2", "Seccomp_filters:\t1")
                        .contains("CapInh:\t" + NONE, "CapAmb:\t" + NONE)
                        .containsAnyOf("CapPrm:\t" + NONE, "CapPrm:\t" + DAC_OVERRIDE)
                        .containsAnyOf("CapEff:\t" + NONE, "CapEff:\t" + DAC_OVERRIDE));
    }

    private static List<String> statuses(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            return threads.map(thread -> thread.resolve("status"))
                    .map(DaemonConfinementIT::read)
                    .filter(status -> !status.isEmpty())
                    .toList();
        }
    }

    private static String read(Path status) {
        try {
            return Files.readString(status);
        } catch (NoSuchFileException ended) {
            return "";
        } catch (IOException exception) {
            // The error for a thread that ends while it is read.
            if (String.valueOf(exception.getMessage()).contains("No such process")) {
                return "";
            }
            throw new UncheckedIOException(exception);
        }
    }
}
