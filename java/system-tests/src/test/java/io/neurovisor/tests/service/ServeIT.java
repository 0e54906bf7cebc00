package io.neurovisor.tests.service;

import static io.neurovisor.tests.fixtures.TestMachines.dataDirectory;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.channelz.v1.ChannelzGrpc;
import io.grpc.channelz.v1.GetServersRequest;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecuteResponse;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.proto.execution.InputFile;
import io.neurovisor.proto.execution.Limits;
import io.neurovisor.proto.execution.Outcome;
import io.neurovisor.testkit.GrowingTimeout;
import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.RunningDaemon;
import io.neurovisor.tests.runner.ShortTier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the daemon with real machines, from the view of its clients and its operator. */
final class ServeIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    /** The service names of health checks; the empty name stands for the whole server. */
    private static final List<String> SERVICES = List.of(
            "",
            "neurovisor.execution.ExecutionService",
            "neurovisor.agent.AgentService",
            "neurovisor.inference.InferenceService",
            "inference.InferenceService");

    /** The log line of an ended execution in text format. */
    private static final Pattern LINE =
            Pattern.compile("neurovisor: python in vm-\\S+: COMPLETED, .* \\[trace [0-9a-f]{32}]");

    private static final String ENDLESS = "echo running; sleep 1000";

    @TempDir
    private Path directory;

    @ShortTier
    @Test
    void servesUntilTheSecondSignal() throws Exception {
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=1", "--max=3", "--drain-timeout=10m")) {
            ExecutionServiceGrpc.ExecutionServiceBlockingStub client = client(daemon);

            // The daemon serves even if no machine is ready.
            ExecuteResponse first = client.execute(request("python", "print(6*7)"));
            assertThat(first.getStdout()).isEqualTo("42\n");
            assertThat(first.getOutcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(first.getHost().getTemplate()).isNotEmpty();
            assertThat(first.getHost().getLayersList()).hasSize(6);

            await().atMost(LIMIT).until(() -> daemon.status("/ready").equals("200 ready"));
            assertThat(daemon.status("/health")).isEqualTo("200 live");
            assertThat(SERVICES)
                    .allSatisfy(service -> assertThat(HealthGrpc.newBlockingStub(daemon.channel())
                                    .check(HealthCheckRequest.newBuilder()
                                            .setService(service)
                                            .build())
                                    .getStatus())
                            .isEqualTo(ServingStatus.SERVING));
            assertThat(codeOf(() -> ChannelzGrpc.newBlockingStub(daemon.channel())
                            .getServers(GetServersRequest.getDefaultInstance())))
                    .isEqualTo(Status.Code.UNIMPLEMENTED);

            allThatARequestMayHoldReachesTheProgram(client);
            outputComesAsItIsWritten(client);
            whoGoesAwayOrRunsOutOfTimeEndsItsProgram(daemon, client);
            theFirstSignalFinishesWhatRunsAndTheSecondEndsItNow(daemon);
            assertThat(directory.resolve("daemon.sock")).doesNotExist();
        }
    }

    private static void allThatARequestMayHoldReachesTheProgram(
            ExecutionServiceGrpc.ExecutionServiceBlockingStub client) {
        ExecuteResponse response = client.execute(
                request("sh", "echo \"$GREETING $1\"; cat; cat in/data; mkdir -p out; cp in/data out/copy; nproc >&2")
                        .toBuilder()
                        .putEnv("GREETING", "hello")
                        .addArgs("world")
                        .setStdin(ByteString.copyFromUtf8("from stdin\n"))
                        .addFiles(
                                InputFile.newBuilder().setPath("in/data").setContent(ByteString.copyFromUtf8("file\n")))
                        .setSize("small")
                        .build());
        assertThat(response.getStdout()).isEqualTo("hello world\nfrom stdin\nfile\n");
        assertThat(response.getStderr()).isEqualTo("1\n");
        assertThat(response.getFiles(0).getPath()).isEqualTo("copy");
        assertThat(response.getFiles(0).getContent().toStringUtf8()).isEqualTo("file\n");

        ExecuteResponse limited = client.execute(request("bash", "yes").toBuilder()
                .setLimits(Limits.newBuilder().setOutputBytes(1000))
                .build());
        assertThat(limited.getOutcome()).isEqualTo(Outcome.OUTPUT_LIMIT);
        assertThat(limited.getStdout()).hasSize(1000);

        ExecuteResponse late = GrowingTimeout.from(
                Duration.ofSeconds(1),
                timeout -> client.execute(request("bash", ENDLESS).toBuilder()
                        .setTimeoutSecs((int) timeout.toSeconds())
                        .build()),
                answer -> !answer.getStdout().isEmpty());
        assertThat(late.getTimedOut()).isTrue();
        assertThat(late.getStdout()).isEqualTo("running\n");
    }

    private static void outputComesAsItIsWritten(ExecutionServiceGrpc.ExecutionServiceBlockingStub client) {
        Iterator<ExecuteChunk> chunks = client.executeStream(request("bash", "echo one; sleep 2; printf '\\377'"));
        assertThat(chunks.next().getStdoutChunk()).isEqualTo("one\n");
        long firstNanos = System.nanoTime();
        assertThat(chunks.next().getStdoutBytes().toByteArray()).isEqualTo(new byte[] {(byte) 0xff});
        assertThat(chunks.next().getIsFinal()).isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - firstNanos)).isGreaterThan(Duration.ofSeconds(1));
    }

    private static void whoGoesAwayOrRunsOutOfTimeEndsItsProgram(
            RunningDaemon daemon, ExecutionServiceGrpc.ExecutionServiceBlockingStub client) {
        try (Context.CancellableContext context = Context.current().withCancellation()) {
            Iterator<ExecuteChunk> chunks = context.wrap(() -> client.executeStream(request("bash", ENDLESS)))
                    .call();
            assertThat(chunks.next().getStdoutChunk()).isEqualTo("running\n");
            List<ProcessHandle> before = daemon.vmms();
            context.cancel(null);
            await().atMost(LIMIT).until(() -> before.stream().anyMatch(vmm -> !vmm.isAlive()));
        } catch (Exception exception) {
            throw new AssertionError(exception);
        }

        // A deadline that passes while a machine is awaited is RESOURCE_EXHAUSTED.
        await().atMost(LIMIT).until(() -> daemon.status("/ready").equals("200 ready"));
        assertThatThrownBy(() -> client.withDeadlineAfter(3, TimeUnit.SECONDS).execute(request("bash", ENDLESS)))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        exception ->
                                assertThat(exception.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
        await().atMost(LIMIT).until(() -> daemon.vmms().size() == 1);
    }

    private static void theFirstSignalFinishesWhatRunsAndTheSecondEndsItNow(RunningDaemon daemon) throws Exception {
        Iterator<ExecuteChunk> chunks =
                client(daemon).executeStream(request("bash", "echo running; while [ ! -e stop ]; do sleep 0.1; done"));
        assertThat(chunks.next().getStdoutChunk()).isEqualTo("running\n");
        List<Iterator<HealthCheckResponse>> watches = SERVICES.stream()
                .map(service -> HealthGrpc.newBlockingStub(daemon.channel())
                        .watch(HealthCheckRequest.newBuilder()
                                .setService(service)
                                .build()))
                .toList();
        watches.forEach(Iterator::next);

        daemon.signal("TERM");
        assertThat(watches)
                .allSatisfy(watch -> assertThat(last(watch).getStatus()).isEqualTo(ServingStatus.NOT_SERVING));
        daemon.awaitMessage(Pattern.compile("neurovisor: ending: 1 execution has 600 s to finish.*"), LIMIT);
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThatThrownBy(() -> client(daemon).execute(request("python", "1")))
                        .isInstanceOf(StatusRuntimeException.class));
        assertThat(daemon.process().isAlive()).isTrue();
        // Health watchers receive the end.
        assertThat(daemon.status("/ready")).startsWith("503 draining");
        assertThat(daemon.metrics()).contains("neurovisor_pool_active_vms 1.0");

        daemon.signal("INT");
        assertThatThrownBy(chunks::next).isInstanceOf(StatusRuntimeException.class);
        List<ProcessHandle> vmms = daemon.vmms();
        assertThat(daemon.awaitEnd()).isZero();
        assertThat(vmms).noneMatch(ProcessHandle::isAlive);
        assertThat(daemon.messages())
                .anyMatch(line -> line.contains("executions that had not finished were cancelled"));
    }

    @ShortTier
    @Test
    void daemonEndsWithItsSpawner() {
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=0")) {
            Iterator<ExecuteChunk> chunks = client(daemon).executeStream(request("bash", ENDLESS));
            assertThat(chunks.next().getStdoutChunk()).isEqualTo("running\n");
            List<ProcessHandle> vmms = daemon.vmms();

            assertThat(daemon.spawner().destroyForcibly()).isTrue();

            assertThat(daemon.awaitEnd()).isEqualTo(125);
            assertThat(daemon.messages())
                    .anyMatch(line -> line.contains("the spawner has ended") && line.contains("exit code 125"));
            await().atMost(LIMIT).until(() -> vmms.stream().noneMatch(ProcessHandle::isAlive));
        }
    }

    @Test
    void quietRunPrintsNoPrograms() throws Exception {
        Process daemon = RunningDaemon.launch(directory, "--quiet", "--warm=0");
        try {
            Path socket = directory.resolve("daemon.sock");
            await().atMost(LIMIT).until(() -> Files.exists(socket));
            CommandLineRun run = CommandLineRun.of(
                    Map.of("NEUROVISOR_DAEMON", "on", "NEUROVISOR_SOCKET", socket.toString()),
                    "run",
                    "--quiet",
                    "--language=bash",
                    "-c",
                    "echo 42");
            assertThat(run.stdout()).as(run.stderr()).isEqualTo("42\n");
            // By its handle, because Process.destroy would close the streams.
            assertThat(daemon.toHandle().destroy()).isTrue();
            assertThat(new String(daemon.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEmpty();
            assertThat(daemon.waitFor()).isZero();
        } finally {
            daemon.destroyForcibly();
        }
    }

    /** Returns the last response before the server ended the call. */
    private static HealthCheckResponse last(Iterator<HealthCheckResponse> watch) {
        List<HealthCheckResponse> heard = new ArrayList<>();
        assertThatThrownBy(() -> watch.forEachRemaining(heard::add))
                .hasMessageContaining("the server is shutting down");
        return heard.getLast();
    }

    @ShortTier
    @Test
    void drainTimeoutCancelsRunningPrograms() throws Exception {
        try (RunningDaemon daemon = RunningDaemon.start(
                directory,
                "--warm=0",
                "--snapshot=off",
                "--drain-timeout=1s",
                "--channelz",
                "--metrics-listen=127.0.0.2")) {
            assertThat(daemon.statusHost()).isEqualTo("127.0.0.2");
            assertThat(daemon.status("/health")).isEqualTo("200 live");
            assertThat(ChannelzGrpc.newBlockingStub(daemon.channel())
                            .getServers(GetServersRequest.getDefaultInstance())
                            .getServerList())
                    .as("the port and the socket")
                    .hasSize(2);
            Iterator<ExecuteChunk> chunks = client(daemon)
                    .executeStream(request("bash", ENDLESS).toBuilder()
                            .setTimeoutSecs(1000)
                            .build());
            assertThat(chunks.next().getStdoutChunk()).isEqualTo("running\n");
            List<ProcessHandle> vmms = daemon.vmms();
            assertThat(daemon.metrics())
                    .as("a machine without a template is measured as a boot")
                    .anyMatch(line -> line.startsWith("neurovisor_vm_boot_seconds_count 1"))
                    .anyMatch(line -> line.startsWith("neurovisor_vm_restore_seconds_count 0"));

            daemon.signal("TERM");
            assertThatThrownBy(chunks::next).isInstanceOf(StatusRuntimeException.class);
            assertThat(daemon.awaitEnd()).isZero();
            assertThat(vmms).isNotEmpty().noneMatch(ProcessHandle::isAlive);
            assertThat(daemon.messages())
                    .anyMatch(line -> line.contains("ending: 1 execution has 1 s to finish"))
                    .anyMatch(line -> line.contains("ended; executions that had not finished were cancelled"));
        }
    }

    @ShortTier
    @Test
    void killedDaemonRestartsWithoutRepeatingKeyedExecutions() {
        String key = "serve-it-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        ExecuteRequest slow = request("bash", "echo running; sleep 3; echo done").toBuilder()
                .setIdempotencyKey(key)
                .build();
        ExecuteRequest endless = request("bash", ENDLESS).toBuilder()
                .setIdempotencyKey(key + "-endless")
                .build();
        List<ProcessHandle> vmms;
        int port;
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=0")) {
            cancelAfterFirstChunk(daemon, slow);
            ExecuteResponse answer = client(daemon).execute(slow);
            assertThat(answer.getStdout()).isEqualTo("running\ndone\n");
            assertThat(client(daemon).execute(slow)).isEqualTo(answer);

            cancelAfterFirstChunk(daemon, endless);
            Iterator<ExecuteChunk> chunks = client(daemon).executeStream(request("bash", ENDLESS));
            assertThat(chunks.next().getStdoutChunk()).isEqualTo("running\n");
            vmms = daemon.vmms();
            port = daemon.port();
            assertThat(vmms).isNotEmpty();
            daemon.process().destroyForcibly();
            assertThatThrownBy(chunks::next).isInstanceOf(StatusRuntimeException.class);
        }
        await().atMost(LIMIT).until(() -> vmms.stream().noneMatch(ProcessHandle::isAlive));
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=0", "--port=" + port)) {
            assertThat(client(daemon).execute(slow).getStdout()).isEqualTo("running\ndone\n");
            assertThat(client(daemon).execute(endless).getOutcome()).isEqualTo(Outcome.OUTCOME_UNKNOWN);
            assertThat(daemon.vmms()).isEmpty();
            assertThat(client(daemon).execute(request("python", "print(6*7)")).getStdout())
                    .isEqualTo("42\n");
            anotherIsRefusedWithTheNameOfThisOne(daemon);
        }
    }

    private void anotherIsRefusedWithTheNameOfThisOne(RunningDaemon daemon) {
        CommandLineRun second = CommandLineRun.await(RunningDaemon.launch(directory));
        assertThat(second.exitCode()).isEqualTo(125);
        assertThat(second.stderr()).contains("another daemon of this user serves it", "--socket");

        CommandLineRun third = CommandLineRun.await(
                RunningDaemon.launch(directory, "--socket=" + directory.resolve("other"), "--port=" + daemon.port()));
        assertThat(third.exitCode()).isEqualTo(125);
        assertThat(third.stderr())
                .contains("port " + daemon.port() + " on 127.0.0.1 is in use by process "
                        + daemon.process().pid());
    }

    private static void cancelAfterFirstChunk(RunningDaemon daemon, ExecuteRequest request) {
        try (Context.CancellableContext context = Context.current().withCancellation()) {
            context.run(() -> assertThat(
                            client(daemon).executeStream(request).next().getStdoutChunk())
                    .isEqualTo("running\n"));
        }
    }

    @ShortTier
    @Test
    void enforcesScopesAndRateLimits() throws Exception {
        String name = "serve-it-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
        String key = key("keys", "create", name, "--scopes=infer");
        try (RunningDaemon daemon = RunningDaemon.start(directory, "--warm=0", "--rate-limit=2:1")) {
            ExecuteResponse response = client(daemon).execute(request("python", "print(6*7)"));
            assertThat(response.getStdout()).isEqualTo("42\n");
            assertThat(dataDirectory().resolve("audit/audit.jsonl"))
                    .content()
                    .contains(response.getTraceId(), response.getHost().getVmId());

            assertThat(refusal(daemon, "nvk_wrong")).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(refusal(daemon, key)).isEqualTo(Status.Code.PERMISSION_DENIED);
            // Each admitted call takes a token, whatever its result.
            StatusRuntimeException tooOften = await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(10))
                    .until(
                            () -> failureOf(() -> client(daemon).execute(request("cobol", "1"))),
                            failure -> failure.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED);
            assertThat(reason(tooOften)).isEqualTo("RATE_LIMITED");
            assertThat(retryDelay(tooOften)).isPositive().isLessThanOrEqualTo(Duration.ofSeconds(1));
            aKeyHasItsOwnQuotaAndBucket(daemon, name + "-own");

            daemon.signal("TERM");
            assertThat(daemon.awaitEnd()).isZero();
            assertThat(daemon.messages())
                    .contains("neurovisor: ending: nothing runs", "neurovisor: ended")
                    .anyMatch(LINE.asMatchPredicate());
        } finally {
            assertThat(CommandLineRun.of("keys", "revoke", name).exitCode()).isZero();
        }
    }

    private static void aKeyHasItsOwnQuotaAndBucket(RunningDaemon daemon, String name) throws Exception {
        String key = key("keys", "create", name, "--scopes=execute", "--quota=1/day", "--rate=2:1");
        try {
            ExecutionServiceGrpc.ExecutionServiceBlockingStub client = client(daemon, key);
            assertThat(client.execute(request("python", "print(6*7)")).getStdout())
                    .isEqualTo("42\n");
            // A new UTC day may have begun.
            StatusRuntimeException spent = await().atMost(LIMIT)
                    .until(
                            () -> failureOf(() -> client.execute(request("python", "print(6*7)"))),
                            failure -> reason(failure).equals("QUOTA_EXCEEDED"));
            assertThat(spent.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(retryDelay(spent)).isPositive().isLessThanOrEqualTo(Duration.ofDays(1));
            StatusRuntimeException tooOften = await().atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(10))
                    .until(
                            () -> failureOf(() -> client.execute(request("cobol", "1"))),
                            failure -> reason(failure).equals("RATE_LIMITED"));
            assertThat(tooOften.getStatus().getDescription()).startsWith("key:" + name + " exceeds its rate limit");
            assertThat(retryDelay(tooOften)).isPositive().isLessThanOrEqualTo(Duration.ofSeconds(1));
        } finally {
            assertThat(CommandLineRun.of("keys", "revoke", name).exitCode()).isZero();
        }
    }

    private static String key(String... command) {
        CommandLineRun made = CommandLineRun.of(command);
        assertThat(made.exitCode()).as(made.stderr()).isZero();
        String line = made.stdout()
                .lines()
                .filter(some -> some.contains("nvk_"))
                .findFirst()
                .orElseThrow();
        return line.substring(line.indexOf("nvk_")).strip();
    }

    private static String reason(StatusRuntimeException failure) {
        return detail(failure, ErrorInfo.class).map(ErrorInfo::getReason).orElse("none");
    }

    private static Duration retryDelay(StatusRuntimeException failure) {
        return detail(failure, RetryInfo.class)
                .map(RetryInfo::getRetryDelay)
                .map(delay -> Duration.ofSeconds(delay.getSeconds(), delay.getNanos()))
                .orElseThrow();
    }

    private static <M extends Message> Optional<M> detail(StatusRuntimeException failure, Class<M> type) {
        return requireNonNull(StatusProto.fromThrowable(failure)).getDetailsList().stream()
                .filter(detail -> detail.is(type))
                .map(detail -> {
                    try {
                        return detail.unpack(type);
                    } catch (InvalidProtocolBufferException exception) {
                        throw new AssertionError(exception);
                    }
                })
                .findFirst();
    }

    private static Status.Code refusal(RunningDaemon daemon, String key) {
        return codeOf(() -> client(daemon, key).execute(request("python", "1")));
    }

    private static ExecutionServiceGrpc.ExecutionServiceBlockingStub client(RunningDaemon daemon, String key) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
        return client(daemon).withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static Status.Code codeOf(Runnable call) {
        return failureOf(call).getStatus().getCode();
    }

    /** Returns the failure of a call; OK if it succeeds. */
    private static StatusRuntimeException failureOf(Runnable call) {
        try {
            call.run();
            return Status.OK.asRuntimeException();
        } catch (StatusRuntimeException exception) {
            return exception;
        }
    }

    private static ExecutionServiceGrpc.ExecutionServiceBlockingStub client(RunningDaemon daemon) {
        return ExecutionServiceGrpc.newBlockingStub(daemon.channel());
    }

    private static ExecuteRequest request(String language, String code) {
        return ExecuteRequest.newBuilder().setLanguage(language).setCode(code).build();
    }
}
