package io.neurovisor.server.grpc.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.CloseInputRequest;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.OutputOffsets;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessInfo;
import io.neurovisor.proto.sandbox.ProcessSelector;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.ResizeRequest;
import io.neurovisor.proto.sandbox.SendInputRequest;
import io.neurovisor.proto.sandbox.SignalRequest;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.proto.sandbox.StreamInputRequest;
import io.neurovisor.proto.sandbox.StreamInputResponse;
import io.neurovisor.proto.sandbox.TerminalSize;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.FakeProcesses;
import io.neurovisor.testkit.interpreter.FakeInterpreter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(120)
final class ProcessGrpcServiceTest {
    private static final String ID = "abcdefghij0123456789";
    private static final int SIGKILL = 9;
    private static final int PIECE_BYTES = 64 << 10;
    private static final int PIECES = 512;

    private final FakeProcesses processes = new FakeProcesses(() -> {});
    private final TestServer server;
    private final ProcessServiceGrpc.ProcessServiceBlockingV2Stub client;
    private final ProcessServiceGrpc.ProcessServiceBlockingStub unary;

    ProcessGrpcServiceTest() throws IOException {
        server = new TestServer(List.of(new ProcessGrpcService(this::require)));
        client = ProcessServiceGrpc.newBlockingV2Stub(server.channel());
        unary = ProcessServiceGrpc.newBlockingStub(server.channel());
    }

    private RunningSandboxes.Guest require(String id) {
        if (!id.equals(ID)) {
            throw new NeuroVisorException(Fault.SANDBOX_UNKNOWN, "no sandbox has the id " + id);
        }
        return new RunningSandboxes.Guest(processes, new FakeFiles(), new FakeInterpreter(() -> {}));
    }

    @AfterEach
    void close() {
        server.close();
        processes.lose();
    }

    @Test
    void streamsTheEventsOfAProcess() throws Exception {
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("echo").addArgs("a word").build());
        assertThat(events.read().getStarted().getPid()).isPositive();
        ProcessEvent output = events.read();
        assertThat(output.getOutput().getData().toStringUtf8()).isEqualTo("a word\n");
        assertThat(output.getOutput().getStream())
                .isEqualTo(io.neurovisor.proto.sandbox.ProcessStream.PROCESS_STREAM_STDOUT);
        assertThat(output.getOutput().getOffset()).isZero();
        assertThat(events.read().getEnded().getExitCode()).isZero();
        assertThat(events.read()).isNull();
    }

    @Test
    void sendsInputInEachWay() throws Exception {
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("cat").setStdin(true).build());
        ProcessSelector process = started(events);
        unary.sendInput(SendInputRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(process)
                .setData(ByteString.copyFromUtf8("one"))
                .build());
        assertThat(events.read().getOutput().getData().toStringUtf8()).isEqualTo("one");
        assertInvalid("offsets.stderr", "is 18446744073709551615", () -> {
            AttachRequest request = AttachRequest.newBuilder()
                    .setSandboxId(ID)
                    .setProcess(process)
                    .setOffsets(OutputOffsets.newBuilder().setStderr(-1))
                    .build();
            boolean _ = unary.attach(request).hasNext();
        });
        assertInvalid(
                "size.rows",
                "size.rows is 0; 1 to 4096",
                () -> unary.resize(ResizeRequest.newBuilder()
                        .setSandboxId(ID)
                        .setProcess(process)
                        .setSize(TerminalSize.getDefaultInstance())
                        .build()));
        BlockingClientCall<StreamInputRequest, StreamInputResponse> large = client.streamInput();
        large.write(StreamInputRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(process)
                .setData(ByteString.copyFrom(new byte[70_000]))
                .build());
        assertThat(catchThrowableOfType(StatusException.class, large::read))
                .hasMessageContaining("data has 70000 bytes; 65536 are allowed");
        BlockingClientCall<StreamInputRequest, StreamInputResponse> input = client.streamInput();
        input.write(StreamInputRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(process)
                .setData(ByteString.copyFromUtf8("two"))
                .build());
        assertThat(events.read().getOutput().getData().toStringUtf8()).isEqualTo("two");
        input.write(StreamInputRequest.newBuilder()
                .setData(ByteString.copyFromUtf8("three"))
                .build());
        input.halfClose();
        assertThat(input.read()).isEqualTo(StreamInputResponse.getDefaultInstance());
        ProcessEvent last = events.read();
        assertThat(last.getOutput().getData().toStringUtf8()).isEqualTo("three");
        assertThat(last.getOutput().getOffset()).isEqualTo(6);
        unary.closeInput(CloseInputRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(process)
                .build());
        assertThat(events.read().hasEnded()).isTrue();
    }

    @Test
    void attachesFromAnOffset() throws Exception {
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("echo").addArgs("a word").setTag("echo").build());
        started(events);
        while (events.read() != null) {
            // Until its end.
        }
        BlockingClientCall<?, ProcessEvent> again = client.attach(AttachRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(ProcessSelector.newBuilder().setTag("echo"))
                .setOffsets(OutputOffsets.newBuilder().setStdout(2))
                .build());
        started(again);
        ProcessEvent output = again.read();
        assertThat(output.getOutput().getData().toStringUtf8()).isEqualTo("word\n");
        assertThat(output.getOutput().getOffset()).isEqualTo(2);
        assertThat(again.read().hasEnded()).isTrue();
    }

    @Test
    void listsSignalsAndResizesProcesses() throws Exception {
        BlockingClientCall<?, ProcessEvent> events = client.start(command("sleep")
                .addArgs("1000")
                .setTag("t")
                .setPty(TerminalSize.newBuilder().setRows(24).setCols(80))
                .build());
        ProcessSelector process = started(events);
        unary.resize(ResizeRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(process)
                .setSize(TerminalSize.newBuilder().setRows(4096).setCols(1))
                .build());
        assertThat(processes.sizes()).containsExactly(new io.neurovisor.engine.process.TerminalSize(4096, 1));
        ProcessInfo info = list().getFirst();
        assertThat(info.getCommand()).isEqualTo("sleep");
        assertThat(info.getArgsList()).containsExactly("1000");
        assertThat(info.getTag()).isEqualTo("t");
        assertThat(info.getPty()).isTrue();
        assertThat(info.hasEnded()).isFalse();
        unary.signal(SignalRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(process)
                .setSignal(SIGKILL)
                .build());
        assertThat(events.read().getEnded().getSignal()).isEqualTo(SIGKILL);
        assertThat(list().getFirst().getEnded().getExitCode()).isEqualTo(128 + SIGKILL);
    }

    @Test
    void aClientThatDisconnectsIsDetached() throws Exception {
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("cat").setStdin(true).build());
        ProcessSelector process = started(events);
        events.cancel("gone", null);
        BlockingClientCall<?, ProcessEvent> again = client.attach(
                AttachRequest.newBuilder().setSandboxId(ID).setProcess(process).build());
        started(again);
        assertThat(list().getFirst().hasEnded()).isFalse();
    }

    @Test
    void aProcessEndsWithItsClientIfRequested() throws Exception {
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("sleep").setEndWithStream(true).build());
        started(events);
        events.cancel("gone", null);
        assertThat(TestServer.becomes(() -> list().getFirst().hasEnded())).isTrue();
        assertThat(list().getFirst().getEnded().getSignal()).isEqualTo(SIGKILL);
    }

    /** The process writes 32 MiB, which no buffer between it and its client has room for. */
    @Test
    void aSlowReaderHoldsUpItsProcess() throws Exception {
        CountDownLatch written = new CountDownLatch(1);
        processes.on("flood", (_, io) -> {
            for (int i = 0; i < PIECES; i++) {
                io.write(ProcessStream.STDOUT, new byte[PIECE_BYTES]);
            }
            written.countDown();
            return 0;
        });
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("flood").build());
        started(events);
        assertThat(written.await(200, TimeUnit.MILLISECONDS)).isFalse();
        // Others are served meanwhile.
        assertThat(client.start(command("true").build()).read().hasStarted()).isTrue();
        long bytes = 0;
        for (ProcessEvent event = events.read(); event.hasOutput(); event = events.read()) {
            assertThat(event.getOutput().getOffset()).isEqualTo(bytes);
            bytes += event.getOutput().getData().size();
        }
        assertThat(bytes).isEqualTo((long) PIECES * PIECE_BYTES);
        assertThat(written.await(1, TimeUnit.MINUTES)).isTrue();
    }

    @Test
    void theEndOfTheMachineEndsTheStream() throws Exception {
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("sleep").build());
        started(events);
        processes.lose();
        StatusException failure = catchThrowableOfType(StatusException.class, events::read);
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void aStreamOfInputEndsWithItsProcess() throws Exception {
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("cat").setStdin(true).build());
        ProcessSelector process = started(events);
        BlockingClientCall<StreamInputRequest, StreamInputResponse> input = streamInput(process);
        signal(SIGKILL, process);
        StatusException failure = catchThrowableOfType(StatusException.class, input::read);
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(failure.getStatus().getDescription()).contains("has ended");
    }

    @Test
    void aStreamOfInputEndsWithItsMachine() throws Exception {
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("cat").setStdin(true).build());
        BlockingClientCall<StreamInputRequest, StreamInputResponse> input = streamInput(started(events));
        processes.lose();
        StatusException failure = catchThrowableOfType(StatusException.class, input::read);
        assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }

    @Test
    void rejectsUnknownSandboxesProcessesAndTakenTags() throws Exception {
        StatusException unknown = catchThrowableOfType(
                StatusException.class,
                () -> client.start(command("true").setSandboxId("other").build())
                        .read());
        assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("sleep").setTag("t").build());
        started(events);
        StatusException taken = catchThrowableOfType(
                StatusException.class,
                () -> client.start(command("sleep").setTag("t").build()).read());
        assertThat(taken.getStatus().getCode()).isEqualTo(Status.Code.ALREADY_EXISTS);
        assertThatThrownBy(() -> signal(
                        SIGKILL, ProcessSelector.newBuilder().setPid(9999).build()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, failure -> {
                    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
                    assertThat(TestServer.reason(failure)).isEqualTo("PROCESS_UNKNOWN");
                });
    }

    static Stream<Arguments> invalidStarts() {
        return Stream.of(
                invalid("command", "command has 0 bytes; 1 to 4096", start -> start.setCommand("")),
                invalid("command", "command has 4097 bytes", start -> start.setCommand("x".repeat(4097))),
                invalid("command", "command contains a NUL", start -> start.setCommand("a\0b")),
                invalid("args", "args contains a NUL", start -> start.addArgs("a\0b")),
                invalid(
                        "args",
                        "args have 131074 bytes",
                        start -> start.addArgs("x".repeat(65_536)).addArgs("x".repeat(65_536))),
                invalid(
                        "env",
                        "env has 300 variables; 256",
                        start -> IntStream.range(0, 300).forEach(i -> start.putEnv("v" + i, ""))),
                invalid("env", "env has 131073 bytes", start -> start.putEnv("A", "x".repeat(131_072))),
                invalid("env", "a variable whose name is empty", start -> start.putEnv("", "x")),
                invalid("env", "a variable whose name is empty or contains '='", start -> start.putEnv("A=B", "x")),
                invalid("env", "env contains a NUL", start -> start.putEnv("A", "\0")),
                invalid("cwd", "cwd has 4097 bytes", start -> start.setCwd("x".repeat(4097))),
                invalid("cwd", "cwd contains a NUL", start -> start.setCwd("a\0b")),
                invalid("pty.rows", "pty.rows is 0; 1 to 4096", start -> start.setPty(TerminalSize.newBuilder())),
                invalid(
                        "pty.cols",
                        "pty.cols is 4097; 1 to 4096",
                        start -> start.setPty(
                                TerminalSize.newBuilder().setRows(1).setCols(4097))),
                invalid(
                        "pty.rows",
                        "pty.rows is 4294967295",
                        start -> start.setPty(
                                TerminalSize.newBuilder().setRows(-1).setCols(1))),
                invalid("tag", "tag has 64 characters; 1 to 63", start -> start.setTag("x".repeat(64))),
                invalid("tag", "tag contains a control character", start -> start.setTag("a\u001bb")),
                invalid("timeout_secs", "timeout_secs is 86401; 0 to 86400", start -> start.setTimeoutSecs(86_401)),
                invalid("timeout_secs", "timeout_secs is 4294967295", start -> start.setTimeoutSecs(-1)));
    }

    private static Arguments invalid(String field, String message, Consumer<StartRequest.Builder> change) {
        StartRequest.Builder request = command("true");
        change.accept(request);
        return Arguments.of(field, message, request.build());
    }

    @ParameterizedTest
    @MethodSource("invalidStarts")
    void rejectsInvalidStarts(String field, String message, StartRequest request) {
        assertThatThrownBy(() -> ProcessServiceGrpc.newBlockingStub(server.channel())
                        .start(request)
                        .hasNext())
                .isInstanceOfSatisfying(StatusRuntimeException.class, failure -> {
                    assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                    assertThat(failure.getStatus().getDescription()).contains(message);
                    assertThat(TestServer.field(failure)).isEqualTo(field);
                });
        assertThat(processes.list(Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0, signal is 0; 1 to 64 is allowed", "65, signal is 65; 1 to 64 is allowed", "-1, signal is 4294967295"
    })
    void rejectsInvalidSignals(int signal, String message) {
        assertInvalid(
                "signal",
                message,
                () -> signal(signal, ProcessSelector.newBuilder().setPid(1).build()));
    }

    @Test
    void rejectsInvalidSelectorsAndInput() throws Exception {
        assertInvalid("process", "neither pid nor tag", () -> signal(SIGKILL, ProcessSelector.getDefaultInstance()));
        assertInvalid(
                "process.pid",
                "process.pid is 0; 1 to",
                () -> signal(SIGKILL, ProcessSelector.newBuilder().setPid(0).build()));
        assertInvalid(
                "process.tag",
                "process.tag has 0 characters",
                () -> signal(SIGKILL, ProcessSelector.newBuilder().setTag("").build()));
        BlockingClientCall<?, ProcessEvent> events =
                client.start(command("cat").setStdin(true).build());
        ProcessSelector process = started(events);
        assertInvalid(
                "data",
                "data has 70000 bytes; 65536 are allowed",
                () -> unary.sendInput(SendInputRequest.newBuilder()
                        .setSandboxId(ID)
                        .setProcess(process)
                        .setData(ByteString.copyFrom(new byte[70_000]))
                        .build()));
        assertInvalid("from_now", "excludes offsets", () -> {
            AttachRequest request = AttachRequest.newBuilder()
                    .setSandboxId(ID)
                    .setProcess(process)
                    .setFromNow(true)
                    .setOffsets(OutputOffsets.getDefaultInstance())
                    .build();
            boolean _ = unary.attach(request).hasNext();
        });
        assertInvalid("offsets", "is beyond the 0 bytes", () -> {
            AttachRequest request = AttachRequest.newBuilder()
                    .setSandboxId(ID)
                    .setProcess(process)
                    .setOffsets(OutputOffsets.newBuilder().setStdout(5))
                    .build();
            boolean _ = unary.attach(request).hasNext();
        });
        BlockingClientCall<StreamInputRequest, StreamInputResponse> input = streamInput(process);
        input.write(StreamInputRequest.newBuilder().setProcess(process).build());
        StatusException twice = catchThrowableOfType(StatusException.class, input::read);
        assertThat(twice.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(twice.getStatus().getDescription()).contains("only the first message names a process");
    }

    private BlockingClientCall<StreamInputRequest, StreamInputResponse> streamInput(ProcessSelector process)
            throws Exception {
        BlockingClientCall<StreamInputRequest, StreamInputResponse> input = client.streamInput();
        input.write(StreamInputRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(process)
                .build());
        return input;
    }

    private static void assertInvalid(String field, String message, Runnable call) {
        assertThatThrownBy(call::run).isInstanceOfSatisfying(StatusRuntimeException.class, failure -> {
            assertThat(failure.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(failure.getStatus().getDescription()).contains(message);
            assertThat(TestServer.field(failure)).isEqualTo(field);
        });
    }

    private static StartRequest.Builder command(String command) {
        return StartRequest.newBuilder().setSandboxId(ID).setCommand(command);
    }

    private static ProcessSelector started(BlockingClientCall<?, ProcessEvent> events) throws Exception {
        return ProcessSelector.newBuilder()
                .setPid(events.read().getStarted().getPid())
                .build();
    }

    private List<ProcessInfo> list() {
        return unary.listProcesses(
                        ListProcessesRequest.newBuilder().setSandboxId(ID).build())
                .getProcessesList();
    }

    private void signal(int signal, ProcessSelector process) {
        unary.signal(SignalRequest.newBuilder()
                .setSandboxId(ID)
                .setProcess(process)
                .setSignal(signal)
                .build());
    }
}
