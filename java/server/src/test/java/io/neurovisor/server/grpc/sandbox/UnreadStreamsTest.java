package io.neurovisor.server.grpc.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.stub.BlockingClientCall;
import io.neurovisor.engine.process.ProcessStream;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.sandbox.FileServiceGrpc;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessServiceGrpc;
import io.neurovisor.proto.sandbox.ReadRequest;
import io.neurovisor.proto.sandbox.ReadResponse;
import io.neurovisor.proto.sandbox.StartRequest;
import io.neurovisor.proto.sandbox.WriteRequest;
import io.neurovisor.proto.sandbox.WriteResponse;
import io.neurovisor.proto.sandbox.WriteTarget;
import io.neurovisor.server.grpc.SlowReader;
import io.neurovisor.server.grpc.TestServer;
import io.neurovisor.server.grpc.guard.OutboundMemory;
import io.neurovisor.testkit.FakeFiles;
import io.neurovisor.testkit.FakeProcesses;
import io.neurovisor.testkit.interpreter.FakeInterpreter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that do not read what files and processes of their sandboxes send: they are bounded in memory and in time. */
final class UnreadStreamsTest {
    private static final String ID = OneSandbox.ID;
    private static final int PIECE_BYTES = 64 << 10;
    private static final int PIECES = 256;
    private static final long TOTAL_BYTES = (long) PIECES * PIECE_BYTES;
    private static final int READERS = 20;

    /** Half of it for one tenant. */
    private static final long MEMORY_BYTES = 2 << 20;

    /** 288 KiB each. */
    private static final int FILES_THAT_FIT = 3;

    /** 96 KiB each. */
    private static final int OUTPUTS_THAT_FIT = 10;

    private final OutboundMemory memory = new OutboundMemory(MEMORY_BYTES);
    private final FakeFiles files = new FakeFiles();
    private final FakeProcesses processes = new FakeProcesses(() -> {});
    private final TestServer server;

    UnreadStreamsTest() throws IOException {
        RunningSandboxes sandboxes = _ -> new RunningSandboxes.Guest(processes, files, new FakeInterpreter(() -> {}));
        server = new TestServer(List.of(new FileGrpcService(sandboxes), new ProcessGrpcService(sandboxes)), memory);
        processes.on("flood", (_, io) -> {
            for (int i = 0; i < PIECES; i++) {
                io.write(ProcessStream.STDOUT, new byte[PIECE_BYTES]);
            }
            return 0;
        });
    }

    @AfterEach
    void close() {
        server.close();
        processes.lose();
    }

    @Test
    void unreadFilesAreBounded() throws Exception {
        write();
        List<SlowReader<ReadRequest, ReadResponse>> readers =
                Stream.generate(this::file).limit(READERS).toList();
        patiently().until(() -> closed(readers).count() == READERS - FILES_THAT_FIT);

        assertThat(memory.bytes()).isBetween(MEMORY_BYTES / 4, MEMORY_BYTES / 2);

        SlowReader<?, ?> refused = closed(readers).findFirst().orElseThrow();
        assertThat(refused.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(TestServer.reason(refused.failure())).isEqualTo("SERVER_BUSY");
        for (SlowReader<?, ?> reader : readers) {
            reader.read(Integer.MAX_VALUE);
            assertThat(reader.status().isOk()).isEqualTo(reader.total() == TOTAL_BYTES);
        }
        patiently().until(() -> memory.bytes() == 0);
    }

    /** The processes of refused streams go on without a reader. */
    @Test
    void unreadOutputIsBounded() throws Exception {
        List<SlowReader<StartRequest, ProcessEvent>> readers =
                Stream.generate(this::flood).limit(READERS).toList();
        patiently()
                .until(() -> processes.list(Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM)).stream()
                                .filter(process -> process.end().isPresent())
                                .count()
                        == READERS - OUTPUTS_THAT_FIT);

        assertThat(memory.bytes()).isBetween(MEMORY_BYTES / 4, MEMORY_BYTES / 2);

        int refused = 0;
        for (SlowReader<?, ?> reader : readers) {
            reader.read(Integer.MAX_VALUE);
            if (reader.status().isOk()) {
                assertThat(reader.total()).isEqualTo(TOTAL_BYTES);
            } else {
                refused++;
                assertThat(TestServer.reason(reader.failure())).isEqualTo("SERVER_BUSY");
            }
        }
        assertThat(refused).isEqualTo(READERS - OUTPUTS_THAT_FIT);
        patiently().until(() -> memory.bytes() == 0);
    }

    @Test
    void unreadStreamsAreCancelledAfterTheSendTimeout() throws Exception {
        write();
        for (Supplier<SlowReader<?, ?>> begun : List.<Supplier<SlowReader<?, ?>>>of(this::file, this::flood)) {
            SlowReader<?, ?> reader = begun.get();
            patiently().until(() -> memory.bytes() > 0);
            patiently().until(() -> {
                server.passSendTimeout();
                return memory.bytes() == 0;
            });
            reader.read(Integer.MAX_VALUE);
            assertThat(reader.status().getCode()).isEqualTo(Status.Code.CANCELLED);
        }
    }

    /** A stream without output costs nothing, however many there are. */
    @Test
    void silentStreamsTakeNoMemory() throws Exception {
        StartRequest request =
                StartRequest.newBuilder().setSandboxId(ID).setCommand("sleep").build();
        for (int i = 0; i < READERS; i++) {
            BlockingClientCall<?, ProcessEvent> events =
                    ProcessServiceGrpc.newBlockingV2Stub(server.channel()).start(request);
            assertThat(events.read().hasStarted()).isTrue();
        }
        assertThat(memory.bytes()).isZero();
        assertThat(processes.list(Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM)))
                .hasSize(READERS);
    }

    /** Allows for sending many times 16 MiB. */
    private static ConditionFactory patiently() {
        return Awaitility.await().atMost(Duration.ofMinutes(1));
    }

    private static Stream<? extends SlowReader<?, ?>> closed(List<? extends SlowReader<?, ?>> readers) {
        return readers.stream().filter(SlowReader::isClosed);
    }

    private SlowReader<ReadRequest, ReadResponse> file() {
        return new SlowReader<>(
                server.channel(),
                FileServiceGrpc.getReadMethod(),
                ReadRequest.newBuilder().setSandboxId(ID).setPath("file").build(),
                response -> response.getData().size());
    }

    private SlowReader<StartRequest, ProcessEvent> flood() {
        return new SlowReader<>(
                server.channel(),
                ProcessServiceGrpc.getStartMethod(),
                StartRequest.newBuilder().setSandboxId(ID).setCommand("flood").build(),
                event -> event.getOutput().getData().size());
    }

    private void write() throws Exception {
        BlockingClientCall<WriteRequest, WriteResponse> call =
                FileServiceGrpc.newBlockingV2Stub(server.channel()).write();
        call.write(WriteRequest.newBuilder()
                .setTarget(WriteTarget.newBuilder().setSandboxId(ID).setPath("file"))
                .build());
        for (int i = 0; i < PIECES; i++) {
            call.write(WriteRequest.newBuilder()
                    .setData(ByteString.copyFrom(new byte[PIECE_BYTES]))
                    .build());
        }
        call.halfClose();
        assertThat(call.read().getEntry().getSize()).isEqualTo(TOTAL_BYTES);
    }
}
