package io.neurovisor.tests.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.collect.Streams;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.UncheckedExecutionException;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Future;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.AgentOutcome;
import io.neurovisor.proto.agent.AgentServiceGrpc;
import io.neurovisor.proto.agent.Finished;
import io.neurovisor.proto.agent.RunAgentRequest;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.testkit.GrowingTimeout;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.DataDirectories;
import io.neurovisor.tests.fixtures.IdleConnections;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.fixtures.SmallDisks;
import io.neurovisor.tests.runner.Extent;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the daemon keeps serving despite faults and hostile clients, with real machines. */
@ShortTier
final class ServeFaultsIT {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** The limit of TCP connections per address in {@code GrpcPorts}. */
    private static final int MOST_CONNECTIONS = 1000;

    /** A request whose timeout is longer than the test. */
    private static final ExecuteRequest ENDLESS = request("bash", "echo running; sleep 10000").toBuilder()
            .setTimeoutSecs(3600)
            .build();

    @TempDir
    private Path directory;

    @Test
    void reportsLostMachinesWhileServing() throws Exception {
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=1", "--max=3", "--rate-limit=off");
                IdleConnections strangers = new IdleConnections(daemon.port())) {
            strangers.openSilent(2000);
            strangers.openHttp2(500);
            strangers.openDribbling(20);
            serves(daemon);

            oldConnectionsAreClosedForNewOnes(daemon, strangers);
            requestsOfAnySizeAtOnceAreAnswered(daemon);
            aCutConnectionEndsItsProgram(daemon);
            aStoppedMachineIsGivenUp(daemon);
            aKilledMachineIsTold(daemon);

            CompletableFuture<String> silent = CompletableFuture.supplyAsync(() -> silentForLong(daemon));
            // Connections that do not answer keep-alive pings are closed.
            await().atMost(LIMIT).until(() -> strangers.open() == 0);
            assertThat(silent.get(LIMIT.toSeconds(), TimeUnit.SECONDS)).isEqualTo("done\n");
            await().atMost(LIMIT).until(() -> descriptors(daemon) < 500);
            serves(daemon);
        }
    }

    /** Runs a silent program during which server and client exchange several keep-alive pings. */
    private static String silentForLong(RunningDaemon daemon) {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", daemon.port())
                .usePlaintext()
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .build();
        try {
            return ExecutionServiceGrpc.newBlockingStub(channel)
                    .execute(request("bash", "sleep 45; echo done").toBuilder()
                            .setTimeoutSecs(80)
                            .build())
                    .getStdout();
        } finally {
            channel.shutdownNow();
        }
    }

    private void oldConnectionsAreClosedForNewOnes(RunningDaemon daemon, IdleConnections strangers) throws Exception {
        try (IdleConnections more = new IdleConnections(daemon.port())) {
            more.openSilent(600);
            await().atMost(LIMIT).until(() -> strangers.open() + more.open() <= MOST_CONNECTIONS);
            assertThat(descriptors(daemon)).isLessThan(MOST_CONNECTIONS + 500);
            // The socket of its own user accepts calls.
            CommandLineRun own = RunningDaemon.runBy(directory, "run", "-l", "sh", "-c", "echo 42");
            assertThat(own.stdout()).as(own.stderr()).isEqualTo("42\n");
        }
        ManagedChannel another = NettyChannelBuilder.forAddress("127.0.0.1", daemon.port())
                .usePlaintext()
                .build();
        try {
            await().atMost(LIMIT).ignoreExceptions().until(() -> serves(ExecutionServiceGrpc.newBlockingStub(another)));
        } finally {
            another.shutdownNow();
        }
    }

    private static void requestsOfAnySizeAtOnceAreAnswered(RunningDaemon daemon) throws Exception {
        assertThat(status(ExecutionServiceGrpc.newFutureStub(daemon.channel()).execute(withInput(100_000_000)))
                        .getCode())
                .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

        ExecutionServiceGrpc.ExecutionServiceFutureStub client = ExecutionServiceGrpc.newFutureStub(daemon.channel());
        List<ListenableFuture<ExecuteResponse>> answers = new ArrayList<>();
        for (int count = 0; count < (Extent.isLong() ? 20 : 6); count++) {
            answers.add(client.execute(withInput(70 << 20)));
        }
        // The longest text in one message; decoding it takes three copies.
        ExecuteRequest text = request("bash", "#".repeat(78 << 20));
        for (int count = 0; count < (Extent.isLong() ? 4 : 2); count++) {
            answers.add(client.execute(text));
        }
        serves(daemon);
        for (ListenableFuture<ExecuteResponse> answer : answers) {
            assertThat(status(answer).getCode()).isIn(Status.Code.INVALID_ARGUMENT, Status.Code.RESOURCE_EXHAUSTED);
        }
        // Afterwards the largest request is accepted again.
        ExecuteResponse largest = ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                .execute(withInput(64 << 20).toBuilder().setTimeoutSecs(600).build());
        assertThat(largest.getStdout().strip()).isEqualTo(Integer.toString(64 << 20));
    }

    private static void aCutConnectionEndsItsProgram(RunningDaemon daemon) {
        List<NioSocketChannel> sockets = new CopyOnWriteArrayList<>();
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", daemon.port())
                .eventLoopGroup(loop)
                .channelFactory(() -> {
                    NioSocketChannel socket = new NioSocketChannel();
                    sockets.add(socket);
                    return socket;
                })
                .usePlaintext()
                .build();
        try {
            ProcessHandle machine = daemon.warmVmm();
            Iterator<ExecuteChunk> chunks =
                    ExecutionServiceGrpc.newBlockingStub(channel).executeStream(ENDLESS);
            assertThat(chunks.next().getStdoutChunk()).isEqualTo("running\n");
            // Closed without GOAWAY, as by a killed client.
            sockets.forEach(
                    socket -> socket.eventLoop().execute(() -> socket.unsafe().closeForcibly()));
            await().atMost(LIMIT).until(() -> !machine.isAlive());
        } finally {
            channel.shutdownNow();
            Future<?> _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        }
        serves(daemon);
    }

    private static void aStoppedMachineIsGivenUp(RunningDaemon daemon) throws Exception {
        ExecuteMetadata end = GrowingTimeout.from(
                Duration.ofSeconds(2),
                timeout -> endOfAStoppedMachine(daemon, timeout),
                metadata -> !metadata.getHost().getDetail().isEmpty());
        assertThat(end.getOutcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(end.getHost().getDetail()).contains("the host destroyed the virtual machine");
        serves(daemon);
    }

    /** Returns the result, which has no detail if the guest ended the program in time, before its machine was stopped. */
    private static ExecuteMetadata endOfAStoppedMachine(RunningDaemon daemon, Duration timeout) throws Exception {
        ProcessHandle machine = daemon.warmVmm();
        Iterator<ExecuteChunk> chunks = ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                .executeStream(request("bash", "echo running; sleep 1000").toBuilder()
                        .setTimeoutSecs((int) timeout.toSeconds())
                        .build());
        ExecuteChunk last = chunks.next();
        if (!last.getIsFinal()) {
            assertThat(last.getStdoutChunk()).isEqualTo("running\n");
            int _ = signal(machine, "STOP");
            last = chunks.next();
        }
        await().atMost(LIMIT).until(() -> !machine.isAlive());
        return last.getMetadata();
    }

    private static void aKilledMachineIsTold(RunningDaemon daemon) throws Exception {
        ProcessHandle machine = daemon.warmVmm();
        Iterator<ExecuteChunk> chunks =
                ExecutionServiceGrpc.newBlockingStub(daemon.channel()).executeStream(ENDLESS);
        assertThat(chunks.next().getStdoutChunk()).isEqualTo("running\n");
        assertThat(signal(machine, "KILL")).isZero();
        assertThat(chunks.next().getMetadata().getOutcome()).isEqualTo(Outcome.SANDBOX_DIED);
        serves(daemon);
    }

    @Test
    void recoversFromAFailedRefill() throws Exception {
        long uid = 2_000_001_000L;
        assumeTrue(
                Files.isWritable(Path.of("/run/neurovisor")), "needs root: only machines of root have separate uids");
        Path data = DataDirectories.ready(directory);
        try (SmallDisks disks = SmallDisks.mount(Stream.of("audit", "journal", "access", "sessions")
                        .map(data::resolve)
                        .toArray(Path[]::new));
                ScriptedOllama ollama = new ScriptedOllama(ScriptedOllama.says("Good day"));
                RunningDaemon daemon = RunningDaemon.start(
                        directory,
                        Map.of("OLLAMA_HOST", ollama.address()),
                        "--warm=1",
                        "--max=1",
                        "--acquire-timeout=20s",
                        // A stream is left unread while the disks are full.
                        "--send-timeout=1h",
                        "--vm-uids=" + uid + "-" + uid,
                        "--data-dir=" + data)) {
            await().atMost(LIMIT).until(() -> daemon.status("/ready").equals("200 ready"));
            theOnlyUidIsTaken(daemon, uid);
            theDisksAreFull(daemon, disks, data);
        }
    }

    private static void theOnlyUidIsTaken(RunningDaemon daemon, long uid) throws Exception {
        ProcessHandle machine = daemon.warmVmm();
        long beganNanos = System.nanoTime();
        try (FileChannel uids = FileChannel.open(Path.of("/run/neurovisor/uids"), StandardOpenOption.WRITE)) {
            CompletableFuture<FileLock> taken = CompletableFuture.supplyAsync(
                    () -> {
                        try {
                            return uids.lock(uid, 1, false);
                        } catch (IOException exception) {
                            throw new AssertionError(exception);
                        }
                    },
                    command -> Thread.ofPlatform().daemon().start(command));
            // The next machine may get the uid before the test.
            await().atMost(LIMIT).until(() -> {
                boolean _ = machine.destroyForcibly();
                daemon.vmms().forEach(ProcessHandle::destroyForcibly);
                return taken.isDone();
            });
            await().atMost(LIMIT)
                    .until(() -> daemon.status("/ready").startsWith("503 the pool cannot refill: ")
                            && daemon.status("/ready").contains("each uid from " + uid));
            await().atMost(LIMIT).until(() -> health(daemon) == ServingStatus.NOT_SERVING);
            assertThat(daemon.status("/health")).isEqualTo("200 live");
            Status refusal =
                    status(ExecutionServiceGrpc.newFutureStub(daemon.channel()).execute(request("sh", "echo 42")));
            assertThat(refusal.getCode()).isIn(Status.Code.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED);
            assertThat(refusal.getDescription()).contains("each uid from " + uid);
            taken.get().release();
        }
        await().atMost(LIMIT).until(() -> daemon.status("/ready").equals("200 ready"));
        await().atMost(LIMIT).until(() -> health(daemon) == ServingStatus.SERVING);
        assertThat(daemon.messages().stream()
                        .filter(message -> message.contains("to keep ready failed"))
                        .count())
                .as("from a second on, pauses double until they are a minute")
                .isBetween(
                        1L, 8 + Duration.ofNanos(System.nanoTime() - beganNanos).toMinutes());
        serves(daemon);
    }

    private static void theDisksAreFull(RunningDaemon daemon, SmallDisks disks, Path data) throws Exception {
        await().atMost(LIMIT).until(() -> daemon.status("/ready").equals("200 ready"));
        ExecutionServiceGrpc.ExecutionServiceFutureStub client = ExecutionServiceGrpc.newFutureStub(daemon.channel());
        String key = keyWithAQuota(data);
        // The program continues once its output is read.
        Iterator<ExecuteChunk> running = ExecutionServiceGrpc.newBlockingStub(daemon.channel())
                .executeStream(request("bash", "echo running; head -c 20M /dev/zero | tr '\\0' x; exit 7").toBuilder()
                        .setTimeoutSecs(600)
                        .build());
        assertThat(running.next().getStdoutChunk()).startsWith("running\n");
        disks.fill();
        assertQuotaAndHistoryNeedRoom(daemon, key);
        Status audit = refusalWhileFull(
                () -> client.execute(request("sh", "echo 42")),
                "Nothing is executed without an entry in the audit log",
                "disk is full");
        assertThat(audit.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        ExecuteRequest keyed = request("sh", "echo $RANDOM$RANDOM$RANDOM").toBuilder()
                .setIdempotencyKey("full")
                .setLanguage("bash")
                .build();
        Status journal = status(client.execute(keyed));
        assertThat(journal.getCode()).as(journal.toString()).isEqualTo(Status.Code.UNAVAILABLE);
        // A running execution ends normally and is logged once there is room.
        ExecuteMetadata end = Streams.stream(running)
                .reduce((_, later) -> later)
                .orElseThrow()
                .getMetadata();
        assertThat(end.getOutcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(end.getExitCode()).isEqualTo(7);

        disks.free();
        serves(daemon);
        assertThat(status(withKey(client, key).execute(request("sh", "echo 42")))
                        .getCode())
                .isEqualTo(Status.Code.OK);
        assertThat(agent(daemon, false).getOutcome()).isEqualTo(AgentOutcome.AGENT_OUTCOME_ANSWERED);
        ExecuteResponse first = client.execute(keyed).get();
        assertThat(client.execute(keyed).get()).isEqualTo(first);
        List<String> lines = Files.readAllLines(data.resolve("audit/audit.jsonl"));
        assertThat(lines).allMatch(line -> line.startsWith("{\"time\"") && line.endsWith("}"));
        assertThat(lines.stream().filter(line -> line.contains("\"event\":\"accepted\"")))
                .hasSameSizeAs(lines.stream()
                        .filter(line -> line.contains("\"event\":\"ended\""))
                        .toList());
    }

    private static String keyWithAQuota(Path data) {
        CommandLineRun made =
                CommandLineRun.of("keys", "create", "counted", "--quota=1000000/day", "--data-dir=" + data);
        assertThat(made.exitCode()).as(made.stderr()).isZero();
        return made.stdout()
                .lines()
                .filter(line -> line.contains("nvk_"))
                .map(line -> line.substring(line.indexOf("nvk_")).strip())
                .findFirst()
                .orElseThrow();
    }

    /** Checks that executions with a quota and recorded agent runs are rejected while the disk is full. */
    private static void assertQuotaAndHistoryNeedRoom(RunningDaemon daemon, String key) {
        ExecutionServiceGrpc.ExecutionServiceFutureStub counted =
                withKey(ExecutionServiceGrpc.newFutureStub(daemon.channel()), key);
        Status _ = refusalWhileFull(() -> counted.execute(request("sh", "echo 42")), "access", "the disk is full");
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThatThrownBy(() -> agent(daemon, false))
                        .isInstanceOfSatisfying(
                                StatusRuntimeException.class,
                                refusal -> assertThat(refusal.getStatus().getCode())
                                        .isEqualTo(Status.Code.UNAVAILABLE))
                        .hasMessageContaining("the disk is full"));
        assertThat(agent(daemon, true).getOutcome()).isEqualTo(AgentOutcome.AGENT_OUTCOME_ANSWERED);
    }

    private static ExecutionServiceGrpc.ExecutionServiceFutureStub withKey(
            ExecutionServiceGrpc.ExecutionServiceFutureStub client, String key) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
        return client.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static Finished agent(RunningDaemon daemon, boolean unrecorded) {
        List<AgentEvent> events = new ArrayList<>();
        AgentServiceGrpc.newBlockingStub(daemon.channel())
                .runAgent(RunAgentRequest.newBuilder()
                        .setTask("Say something")
                        .setNoHistory(unrecorded)
                        .build())
                .forEachRemaining(events::add);
        return events.getLast().getFinished();
    }

    /**
     * Returns the first refusal with these words. Calls whose lines still fit into the last block of a file wait for the only machine;
     * they are cancelled at the end.
     */
    private static Status refusalWhileFull(Supplier<ListenableFuture<ExecuteResponse>> call, String... words) {
        List<ListenableFuture<ExecuteResponse>> calls = new ArrayList<>();
        try {
            return await().atMost(LIMIT)
                    .until(
                            () -> {
                                calls.add(call.get());
                                return calls.stream()
                                        .filter(ListenableFuture::isDone)
                                        .map(ServeFaultsIT::status)
                                        .filter(status -> Stream.of(words)
                                                .allMatch(String.valueOf(status.getDescription())::contains))
                                        .findFirst();
                            },
                            Optional::isPresent)
                    .orElseThrow();
        } finally {
            calls.forEach(one -> one.cancel(true));
        }
    }

    private static void serves(RunningDaemon daemon) {
        assertThat(serves(ExecutionServiceGrpc.newBlockingStub(daemon.channel())))
                .isTrue();
    }

    private static boolean serves(ExecutionServiceGrpc.ExecutionServiceBlockingStub client) {
        return client.execute(request("sh", "echo 42")).getStdout().equals("42\n");
    }

    private static Status status(ListenableFuture<ExecuteResponse> answer) {
        try {
            ExecuteResponse _ = Futures.getUnchecked(answer);
            return Status.OK;
        } catch (UncheckedExecutionException exception) {
            return Status.fromThrowable(exception);
        }
    }

    private static ServingStatus health(RunningDaemon daemon) {
        return HealthGrpc.newBlockingStub(daemon.channel())
                .check(HealthCheckRequest.newBuilder()
                        .setService("neurovisor.execution.ExecutionService")
                        .build())
                .getStatus();
    }

    /** Returns the exit code of kill(1), which is not zero if the process has ended. */
    private static int signal(ProcessHandle process, String name) throws IOException, InterruptedException {
        return new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    /** Returns the number of open descriptors of the JVM, which replaced the process of the launcher. */
    private static long descriptors(RunningDaemon daemon) throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/" + daemon.process().pid() + "/fd"))) {
            return open.count();
        }
    }

    private static ExecuteRequest withInput(int bytes) {
        return request("bash", "wc -c").toBuilder()
                .setStdin(UnsafeByteOperations.unsafeWrap(new byte[bytes]))
                .build();
    }

    private static ExecuteRequest request(String language, String code) {
        return ExecuteRequest.newBuilder().setLanguage(language).setCode(code).build();
    }
}
