package io.neurovisor.tests.hostile.guest;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.execution.ExecutionResult;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.trace.TraceId;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.OutputFilePart;
import io.neurovisor.testkit.RecordingSink;
import io.neurovisor.testkit.TestPools;
import io.neurovisor.tests.fixtures.LoggedLines;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests the link and the orchestration of the host against a compromised guest agent. Each case ends with an outcome or one clear error,
 * earlier output is kept, and the machine is destroyed.
 */
final class HostileAgentTest {
    private static final BootFiles FILES = new BootFiles(
            "base", Path.of("/k"), "0".repeat(64), Path.of("/i"), "1".repeat(64), Path.of("/r"), "2".repeat(64));

    /** An unrequested PING frame (RFC 9113, section 6.7). */
    private static final String PING =
            new String(new byte[] {0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, StandardCharsets.ISO_8859_1);

    private final GuestLinks links = new GuestLinks(InstantSource.system());
    private final RecordingSink sink = new RecordingSink();

    @TempDir
    Path directory;

    @AfterEach
    void closeLinks() {
        links.close();
    }

    @Test
    void endlessOutputIsCutAtTheLimit() throws IOException {
        ExecuteChunk chunk = ExecuteChunk.newBuilder()
                .setStdoutBytes(ByteString.copyFrom(new byte[64 << 10]))
                .build();
        ExecutionResult result = against(chunks -> {
            while (true) {
                chunks.onNext(chunk);
            }
        });
        assertThat(result.outcome()).isEqualTo(Outcome.OUTPUT_LIMIT);
        assertThat(sink.stdoutBytes()).hasSizeLessThanOrEqualTo(64 << 20);
    }

    @Test
    void oversizedMessageEndsTheMachine() throws IOException {
        assertDied(against(chunks -> {
            chunks.onNext(text("before"));
            chunks.onNext(ExecuteChunk.newBuilder()
                    .setStdoutBytes(ByteString.copyFrom(new byte[128 << 10]))
                    .build());
        }));
    }

    @Test
    void silenceAfterTheFirstOutputIsATimeout() throws IOException {
        ExecutionResult result = against(chunks -> chunks.onNext(text("before")));
        assertThat(result.outcome()).isEqualTo(Outcome.TIMED_OUT);
        assertThat(result.detail()).contains("the host destroyed the virtual machine");
        assertThat(sink.stdoutText()).isEqualTo("before");
    }

    @Test
    void endWithoutAReportEndsTheMachine() throws IOException {
        assertDied(against(chunks -> {
            chunks.onNext(text("before"));
            chunks.onCompleted();
        }));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 6, 7, 99, -1})
    void anOutcomeThatIsNoneOfAGuestsEndsTheMachine(int outcome) throws IOException {
        assertDied(against(chunks -> {
            chunks.onNext(text("before"));
            chunks.onNext(last(ExecuteMetadata.newBuilder().setOutcomeValue(outcome)));
        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../etc/passwd", "/etc/passwd", "a/../b", "", "a\nb"})
    void aFileThatWouldLeaveItsDirectoryEndsTheMachine(String path) throws IOException {
        assertDied(against(chunks -> {
            chunks.onNext(text("before"));
            chunks.onNext(ExecuteChunk.newBuilder()
                    .setFile(OutputFilePart.newBuilder().setPath(path).setLast(true))
                    .build());
        }));
        assertThat(sink.files()).isEmpty();
    }

    static List<ExecuteChunk> nothings() {
        return List.of(
                ExecuteChunk.getDefaultInstance(),
                text(""),
                ExecuteChunk.newBuilder().setStderrBytes(ByteString.EMPTY).build(),
                ExecuteChunk.newBuilder()
                        .setFile(OutputFilePart.newBuilder().setPath("a"))
                        .build());
    }

    @ParameterizedTest
    @MethodSource("nothings")
    void messagesWithNothingInThemEndTheMachine(ExecuteChunk nothing) throws IOException {
        assertDied(against(chunks -> {
            chunks.onNext(text("before"));
            while (true) {
                chunks.onNext(nothing);
            }
        }));
    }

    @Test
    void clampsNumbersOutOfRange() throws IOException {
        ExecutionResult result = against(chunks -> chunks.onNext(last(ExecuteMetadata.newBuilder()
                .setOutcome(io.neurovisor.proto.execution.Outcome.COMPLETED)
                .setExitCode(-1)
                .setSignal(Integer.MAX_VALUE)
                .setDurationMs(Double.NaN)
                .setBackgroundProcesses(-5)
                .setSkippedTotal(-1)
                .setKilledProcess("evil\u001b[2J\n" + "x".repeat(10_000)))));
        assertThat(result.exit().exitCode()).isBetween(0, 255);
        assertThat(result.exit().signal()).isBetween(0, 127);
        assertThat(result.exit().duration()).isZero();
        assertThat(result.exit().details().backgroundProcesses()).isNotNegative();
        assertThat(result.exit().details().skippedFilesCount()).isNotNegative();
        assertThat(result.exit().details().killedProcess()).hasSizeLessThan(600).doesNotContain("\u001b", "\n");
    }

    @Test
    void garbageIsAnErrorBeforeTheProgram() throws IOException {
        try (RawAgent agent = RawAgent.answering(directory, "SSH-2.0-OpenSSH_9.2\r\n".repeat(1000))) {
            assertThatThrownBy(() -> execute(new SocketVmm(agent.socket(), links)))
                    .hasMessageContaining("First received frame was not SETTINGS");
            assertFails(agent.socket());
        }
    }

    @Test
    void closedConnectionIsAnErrorBeforeTheProgram() throws IOException {
        try (RawAgent agent = RawAgent.answering(directory, "")) {
            assertFails(agent.socket());
        }
    }

    @Test
    void oversizedFrameIsAnErrorBeforeTheProgram() throws IOException {
        String frame = new String(
                new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, 4, 0, 0, 0, 0, 0}, StandardCharsets.ISO_8859_1);
        try (RawAgent agent = RawAgent.answering(directory, frame.repeat(100))) {
            assertFails(agent.socket());
        }
    }

    @Test
    void unrequestedFramesEndTheMachine() throws IOException {
        String settings = new String(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0}, StandardCharsets.ISO_8859_1);
        try (RawAgent agent = RawAgent.answering(directory, settings + PING.repeat(1000))) {
            assertThatThrownBy(() -> execute(new SocketVmm(agent.socket(), links)))
                    .hasMessageContaining("the guest agent began more than 100 requests and 50 a second for 10 s");
            assertFails(agent.socket());
        }
    }

    @Test
    void aFloodDuringAProgramEndsItsMachine() throws IOException {
        byte[] pings = PING.repeat(1000).getBytes(StandardCharsets.ISO_8859_1);
        AtomicReference<ScriptedAgent> flooding = new AtomicReference<>();
        try (ScriptedAgent agent = ScriptedAgent.start(directory, chunks -> {
            chunks.onNext(text("before"));
            // Output in the same read as a flood is rejected together with it.
            while (sink.stdoutText().isEmpty() && !Context.current().isCancelled()) {
                Thread.onSpinWait();
            }
            while (requireNonNull(flooding.get()).write(pings)) {
                // Repeat until the host closes the connection.
            }
        })) {
            flooding.set(agent);
            SocketVmm vmm = new SocketVmm(agent.socket(), links);
            ExecutionResult result = execute(vmm, Duration.ofMinutes(1));
            assertDied(result);
            assertThat(result.detail())
                    .contains("the guest agent began more than 100 requests and 50 a second for 10 s");
            assertThat(vmm.livingCount()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 5, 7, 9, 12})
    void doesNotRejectAStartedExecution(int status) throws IOException {
        assertDied(against(chunks -> {
            chunks.onNext(text("before"));
            chunks.onError(
                    Status.fromCodeValue(status).withDescription("it was you").asRuntimeException());
        }));
    }

    /** gRPC would pass the text unescaped to the terminal of the user. */
    @Test
    void doesNotLogTheTextOfGoAway() throws IOException {
        Attack attack = Attack.firstAnswer("a good-bye", Fault.SANDBOX_LOST, (host, stream) -> {
            host.send(ForgedFrames.frame(ForgedFrames.PING, ForgedFrames.ACK, 0, new byte[8]));
            host.send(ForgedFrames.goAway(stream, 11, "\u001b]0;evil\u0007"));
            host.close();
        });
        try (LoggedLines logged = LoggedLines.listen();
                ForgedGuest guest = ForgedGuest.start(directory.resolve("guest"), attack, new Traffic())) {
            assertFails(guest.socket());
            assertThat(logged.lines()).isEmpty();
        }
    }

    private void assertDied(ExecutionResult result) {
        assertThat(result.outcome()).isEqualTo(Outcome.SANDBOX_DIED);
        assertThat(result.detail()).isNotEmpty().hasLineCount(1);
        assertThat(sink.stdoutText()).isEqualTo("before");
    }

    private void assertFails(Path socket) {
        SocketVmm vmm = new SocketVmm(socket, links);
        assertThatThrownBy(() -> execute(vmm)).isInstanceOf(NeuroVisorException.class);
        assertThat(vmm.livingCount()).isZero();
    }

    private ExecutionResult against(Consumer<StreamObserver<ExecuteChunk>> script) throws IOException {
        try (ScriptedAgent agent = ScriptedAgent.start(directory, script)) {
            SocketVmm vmm = new SocketVmm(agent.socket(), links);
            ExecutionResult result = execute(vmm);
            assertThat(vmm.livingCount()).isZero();
            return result;
        }
    }

    private ExecutionResult execute(SocketVmm vmm) {
        return execute(vmm, Duration.ofSeconds(1));
    }

    private ExecutionResult execute(SocketVmm vmm, Duration timeout) {
        ExecutionRequest request = new ExecutionRequest(
                new TraceId(UUID.randomUUID()), new Program(Language.BASH, "true"), timeout, SandboxSize.SMALL);
        return TestPools.executions(vmm, FILES, Ticker.SYSTEM).execute(request, sink);
    }

    private static ExecuteChunk text(String text) {
        return ExecuteChunk.newBuilder().setStdoutChunk(text).build();
    }

    private static ExecuteChunk last(ExecuteMetadata.Builder metadata) {
        return ExecuteChunk.newBuilder().setIsFinal(true).setMetadata(metadata).build();
    }
}
