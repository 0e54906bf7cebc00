package io.neurovisor.server.client;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.Executions;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.server.access.PeerUsers;
import io.neurovisor.server.config.RateLimit;
import io.neurovisor.server.grpc.ServedExecutions;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestFiles;
import io.neurovisor.testkit.TestPools;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses a real Unix socket, the real service and fake guests. */
@SuppressWarnings("NullAway.Init") // Set before each test.
final class DaemonClientTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private Supplier<FakeGuest> guests = FakeGuest::new;
    private final FakeVmm vmm = new FakeVmm(_ -> guests.get());
    private final Executions executions = TestPools.executions(vmm, TestFiles.bootFiles(), Ticker.SYSTEM);

    @TempDir
    private Path data;

    private @Nullable ServedExecutions served;
    private Path socket;

    @BeforeEach
    void open() {
        socket = data.resolve("s");
    }

    @AfterEach
    void close() {
        requireNonNull(served, "it serves").close();
    }

    @Test
    void returnsACompleteResult() {
        serve(Optional.empty());
        ExecutionRequest request = request("hello");
        RecordingSink sink = new RecordingSink();
        try (DaemonClient client = DaemonClient.connect(socket)) {
            DaemonResult served = client.execute(request, sink);
            assertThat(served.vmm()).isEqualTo("fake");
            assertThat(served.vmmVersion()).isEqualTo("1");
            assertThat(served.accelerator()).isEqualTo("none");
            assertThat(served.vmmReason()).isEqualTo("there is no other");
            assertThat(served.result().traceId()).isEqualTo(request.traceId());
            assertThat(served.result().outcome()).isEqualTo(Outcome.COMPLETED);
            assertThat(served.result().layers())
                    .extracting(LayerState::layer)
                    .containsExactlyElementsOf(executions.execute(request, new RecordingSink()).layers().stream()
                            .map(LayerState::layer)
                            .toList());
        }
        assertThat(sink.stdoutText()).isEqualTo("hello");
    }

    @Test
    void leavesTheSizeOfAMachineToTheDaemon() {
        serve(Optional.empty());
        ExecutionRequest medium = request("hello").in(SandboxSize.MEDIUM);
        try (DaemonClient client = DaemonClient.connect(socket, true)) {
            DaemonResult usual = client.execute(medium, new RecordingSink());
            assertThat(usual.size()).isEqualTo(SandboxSize.SMALL);
            assertThat(usual.sizeRemark()).isEmpty();
        }
        try (DaemonClient client = DaemonClient.connect(socket)) {
            DaemonResult requested = client.execute(medium, new RecordingSink());
            assertThat(requested.size()).isEqualTo(SandboxSize.MEDIUM);
            assertThat(requested.sizeRemark())
                    .contains("the daemon keeps machines of size small ready, not medium;"
                            + " without --size a program starts sooner");

            ExecutionRequest otherImage = new ExecutionRequest(
                    medium.traceId(), medium.program(), medium.timeout(), medium.size(), Optional.of("mine"));
            assertThat(client.execute(otherImage, new RecordingSink()).sizeRemark())
                    .isEmpty();
        }
        assertThat(vmm.starts())
                .extracting(start -> ((VmStart.ColdBoot) start).size())
                .containsExactly(SandboxSize.SMALL, SandboxSize.MEDIUM, SandboxSize.MEDIUM);
    }

    @Test
    void runsAnExecutionOncePerKey() {
        serve(Optional.empty());
        ExecutionRequest request = request("hello");
        try (DaemonClient client = DaemonClient.connect(socket)) {
            DaemonResult first = client.executeOnce("key", request, new RecordingSink());
            DaemonResult second = client.executeOnce("key", request, new RecordingSink());
            assertThat(second.result().vmId()).isEqualTo(first.result().vmId());
        }
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void anUnknownOutcomeIsNotAResult() {
        serve(Optional.empty());
        ExecuteMetadata lost = ExecuteMetadata.newBuilder()
                .setOutcome(io.neurovisor.proto.execution.Outcome.OUTCOME_UNKNOWN)
                .build();
        assertThatThrownBy(() -> ClientProtos.result(request("lost"), lost))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.EXECUTION_LOST));
    }

    @Test
    void throwsTheDaemonsFaultForARejectedProgram() {
        serve(Optional.of(new RateLimit(1, 1)));
        try (DaemonClient client = DaemonClient.connect(socket)) {
            guests = () -> new FakeGuest().failingExecute(Fault.LANGUAGE_MISSING, "there is no such interpreter");
            assertFault(client, Fault.LANGUAGE_MISSING, "there is no such interpreter");
            assertFault(client, Fault.DAEMON_REFUSED, "exceeds its rate limit");
        }
    }

    @Test
    void aLostDaemonLeavesTheOutcomeUnknown() {
        guests = () -> new FakeGuest().hanging();
        serve(Optional.empty());
        try (DaemonClient client = DaemonClient.connect(socket)) {
            RecordingSink sink = new RecordingSink();
            CompletableFuture<Void> cut = CompletableFuture.runAsync(() -> {
                await().atMost(LIMIT).until(() -> !sink.stdoutText().isEmpty());
                requireNonNull(served, "it serves").stopNow();
            });
            assertThatThrownBy(() -> client.execute(request("half"), sink))
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            exception -> assertThat(exception.fault()).isEqualTo(Fault.DAEMON_LOST))
                    .hasMessageContaining("the outcome of the program is unknown")
                    .hasMessageContaining(socket.toString());
            cut.join();
            assertThat(sink.stdoutText()).isEqualTo("half");
        }
    }

    @Test
    void anInterruptCancelsTheProgram() {
        guests = () -> new FakeGuest().hanging();
        serve(Optional.empty());
        try (DaemonClient client = DaemonClient.connect(socket)) {
            RecordingSink sink = new RecordingSink();
            Thread command = Thread.currentThread();
            CompletableFuture<Void> interrupt = CompletableFuture.runAsync(() -> {
                await().atMost(LIMIT).until(() -> !sink.stdoutText().isEmpty());
                command.interrupt();
            });
            assertThatThrownBy(() -> client.execute(request("endless"), sink))
                    .isInstanceOfSatisfying(
                            NeuroVisorException.class,
                            exception -> assertThat(exception.fault()).isEqualTo(Fault.INTERRUPTED));
            assertThat(Thread.interrupted()).isTrue();
            interrupt.join();
            await().atMost(LIMIT).until(() -> vmm.livingCount() == 0);
        }
    }

    @Test
    void sendsNothingToAnotherUsersServer() throws IOException {
        serve(Optional.empty());
        int somebodyElse = 12_345;
        assertThatThrownBy(() -> DaemonClient.connect(socket, PeerUsers.of(somebodyElse), Optional.empty(), false)
                        .close())
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.DAEMON_MISSING))
                .hasMessageContaining("it is served by " + System.getProperty("user.name"))
                .hasMessageContaining("who is neither this user nor root");
    }

    @Test
    void namesTheReasonIfNoDaemonServes() throws IOException {
        serve(Optional.empty());
        assertMissing(data.resolve("nothing"), "no server listens there");

        Path stale = Files.createFile(data.resolve("stale"));
        assertMissing(stale, "no server listens there");

        Path silent = data.resolve("silent");
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            ServerSocketChannel _ = channel.bind(UnixDomainSocketAddress.of(silent));
            assertMissing(silent, "has not responded within 10 s");
        }
    }

    private static void assertMissing(Path socket, String reason) {
        assertThatThrownBy(() -> DaemonClient.connect(socket).close())
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(Fault.DAEMON_MISSING))
                .hasMessageContaining(socket.toString())
                .hasMessageContaining(reason);
    }

    private static void assertFault(DaemonClient client, Fault fault, String message) {
        assertThatThrownBy(() -> client.execute(request("hello"), new RecordingSink()))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        exception -> assertThat(exception.fault()).isEqualTo(fault))
                .hasMessageContaining(message);
    }

    private static ExecutionRequest request(String text) {
        return new ExecutionRequest(
                new TraceId(UUID.randomUUID()),
                new Program(Language.BASH, text),
                Duration.ofSeconds(30),
                SandboxSize.SMALL);
    }

    private void serve(Optional<RateLimit> limit) {
        served = new ServedExecutions(data, executions, true, limit);
        served.listen(socket);
    }
}
