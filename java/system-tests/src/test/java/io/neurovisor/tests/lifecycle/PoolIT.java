package io.neurovisor.tests.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.ProgramRun;
import io.neurovisor.engine.pool.Lease;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.pool.WarmPool;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.server.NeuroVisor;
import io.neurovisor.server.Settings;
import io.neurovisor.server.client.DaemonProcess;
import io.neurovisor.server.config.LoadedConfig;
import io.neurovisor.server.setting.ProcessEnvironment;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestPools;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.runner.Alone;
import io.neurovisor.tests.runner.Extent;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pool with real machines and more requests than machines. */
@Alone
@ShortTier
final class PoolIT {
    private static final int REQUESTS = Extent.isLong() ? 60 : 30;
    private static final int AT_ONCE = 20;
    private static final int WARM = 3;
    private static final int MAX = 6;
    private static final Duration LIMIT = Duration.ofMinutes(5);

    /** The bit of SIGKILL in a set of signals, and the flag PF_EXITING of a thread (proc(5)). */
    private static final long SIGKILL = 1 << 8;

    private static final long EXITING = 4;

    /** Reports traces of an earlier program, and leaves its own. */
    private static final Program PROGRAM = new Program(Language.PYTHON, """
            import os
            print(os.path.exists("/tmp/mark"), os.path.exists("mark"), os.environ["NEUROVISOR_TRACE_ID"])
            open("/tmp/mark", "w").close()
            open("mark", "w").close()
            """);

    private record Served(long lease, ExecutionResult result, String stdout) {}

    @Test
    void manyRequestsShareFewMachinesInOrder() throws InterruptedException {
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings(), Progress.SILENT);
                ProcessCount processes = new ProcessCount()) {
            WarmPool pool = neuroVisor.pool();
            MachineKind kind = neuroVisor.prepare(settings().config().guest().size());
            pool.keepWarm();
            await().atMost(LIMIT).until(() -> pool.status().warm() == WARM);

            List<Served> served = serveAll(pool, kind);

            assertThat(served).allSatisfy(one -> {
                assertThat(one.result().outcome()).isEqualTo(Outcome.COMPLETED);
                assertThat(one.stdout())
                        .isEqualTo("False False " + one.result().traceId().value() + "\n");
            });
            assertThat(served.stream().map(one -> one.result().vmId())).doesNotHaveDuplicates();
            assertThat(served.stream().map(Served::lease))
                    .as("leases in the order of the requests")
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, REQUESTS).boxed().toList());
            assertThat(pool.drain(Deadline.after(LIMIT, Ticker.SYSTEM))).isTrue();
            assertThat(pool.status().peak()).isEqualTo(MAX);
            assertThat(processes.peak()).as("VMMs at a time").isBetween(WARM, MAX);
            assertThat(ProcessCount.now()).as("VMMs left").isZero();
        }
    }

    @Test
    void guestExecutesNothingAfterItsLeaseIsClosed() throws IOException {
        try (NeuroVisor neuroVisor = NeuroVisor.open(settings(), Progress.SILENT)) {
            Lease lease = neuroVisor.pool().lease(neuroVisor.prepare(SandboxSize.SMALL));
            RecordingSink sink = new RecordingSink();
            CompletableFuture<ProgramRun> run = CompletableFuture.supplyAsync(() -> lease.machine()
                    .run(
                            new Program(Language.BASH, "echo running; while :; do :; done"),
                            LIMIT,
                            new TraceId(UUID.randomUUID()),
                            sink));
            await().atMost(LIMIT).until(() -> sink.stdoutText().equals("running\n"));
            Path threads = Path.of(
                    "/proc", Long.toString(vmms().findFirst().orElseThrow().pid()), "task");

            try (Stream<Path> all = Files.list(threads)) {
                assertThat(all).anyMatch(PoolIT::mayRun);
            }
            lease.close();
            try (Stream<Path> left = Files.list(threads)) {
                assertThat(left).noneMatch(PoolIT::mayRun);
            } catch (IOException ended) {
                assertThat(threads).doesNotExist();
            }
            assertThat(run.join().exit().outcome()).isEqualTo(Outcome.SANDBOX_DIED);
        }
    }

    /** Returns whether a thread can execute instructions of its program again: it is neither being killed nor exiting. */
    private static boolean mayRun(Path thread) {
        try {
            boolean killed = Files.readAllLines(thread.resolve("status")).stream()
                    .filter(line -> line.startsWith("SigPnd:") || line.startsWith("ShdPnd:"))
                    .anyMatch(line -> (Long.parseUnsignedLong(line.split("\\s+", -1)[1], 16) & SIGKILL) != 0);
            // Read afterwards, because the kernel clears the pending signal of a thread that is about to exit.
            String stat = Files.readString(thread.resolve("stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return !killed && !"ZX".contains(fields[0]) && (Long.parseLong(fields[6]) & EXITING) == 0;
        } catch (IOException ended) {
            return false;
        }
    }

    /** Starts each request once the previous one is queued or has a machine, so that the order is known. */
    private static List<Served> serveAll(WarmPool pool, MachineKind kind) throws InterruptedException {
        Semaphore places = new Semaphore(AT_ONCE);
        List<CompletableFuture<Served>> answers = new ArrayList<>();
        for (int request = 0; request < REQUESTS; request++) {
            places.acquire();
            CompletableFuture<Served> answer = new CompletableFuture<>();
            CompletableFuture<Lease> leased = new CompletableFuture<>();
            answers.add(answer);
            Thread thread = Thread.ofPlatform().start(() -> {
                try (Lease lease = pool.lease(kind, Deadline.after(LIMIT, Ticker.SYSTEM))) {
                    leased.complete(lease);
                    answer.complete(execute(lease));
                } catch (RuntimeException | Error failure) {
                    answer.completeExceptionally(failure);
                } finally {
                    places.release();
                }
            });
            await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> thread.getState() == Thread.State.TIMED_WAITING || leased.isDone() || answer.isDone());
        }
        return answers.stream().map(CompletableFuture::join).toList();
    }

    private static Served execute(Lease lease) {
        RecordingSink sink = new RecordingSink();
        ExecutionRequest request = new ExecutionRequest(
                new TraceId(UUID.randomUUID()),
                PROGRAM,
                LIMIT,
                settings().config().guest().size());
        ExecutionResult result = TestPools.executionIn(lease.machine()).execute(request, sink);
        return new Served(lease.number(), result, sink.stdoutText());
    }

    private static Stream<ProcessHandle> vmms() {
        return ProcessHandle.current().descendants().filter(DaemonProcess::runsGuest);
    }

    private static Settings settings() {
        Map<String, String> flags = Map.of(
                "size",
                "small",
                "warm",
                Integer.toString(WARM),
                "max",
                Integer.toString(MAX),
                "acquire-timeout",
                LIMIT.toSeconds() + "s");
        return new Settings(
                CommandLineRun.home(),
                LoadedConfig.load(flags, Optional.empty(), ProcessEnvironment.current())
                        .config());
    }

    /** Repeatedly counts the VMMs of this process. */
    private static final class ProcessCount implements AutoCloseable {
        private final AtomicInteger peak = new AtomicInteger();
        private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor();

        ProcessCount() {
            ScheduledFuture<?> _ = watch.scheduleWithFixedDelay(
                    () -> peak.accumulateAndGet(now(), Math::max), 0, 10, TimeUnit.MILLISECONDS);
        }

        static int now() {
            return (int) vmms().count();
        }

        int peak() {
            return peak.get();
        }

        @Override
        public void close() {
            watch.shutdownNow();
        }
    }
}
