package io.neurovisor.host.guestlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessEvents;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.proto.guest.GuestProcessServiceGrpc;
import io.neurovisor.proto.guest.GuestStartRequest;
import io.neurovisor.proto.sandbox.KeepAlive;
import io.neurovisor.proto.sandbox.ListProcessesRequest;
import io.neurovisor.proto.sandbox.ListProcessesResponse;
import io.neurovisor.proto.sandbox.OutputGap;
import io.neurovisor.proto.sandbox.ProcessEnded;
import io.neurovisor.proto.sandbox.ProcessEvent;
import io.neurovisor.proto.sandbox.ProcessInfo;
import io.neurovisor.proto.sandbox.ProcessOutput;
import io.neurovisor.proto.sandbox.ProcessStarted;
import io.neurovisor.proto.sandbox.ProcessStream;
import io.neurovisor.testkit.GuestProcessesContract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract by gRPC, and agents that violate it. */
final class GrpcGuestProcessesTest extends GuestProcessesContract {
    private static final ProcessSpec CAT = command("cat");
    private static final ProcessSpec YES = command("yes");

    private final ServedProcesses agent = new ServedProcesses();
    private Optional<Served> served = Optional.empty();

    @AfterEach
    void stop() {
        served.ifPresent(Served::close);
        agent.close();
    }

    @Override
    protected GuestProcesses processes() {
        return served.map(Served::processes).orElseGet(() -> against(agent));
    }

    static Stream<Arguments> violations() {
        ProcessEvent started = started(5);
        return Stream.of(
                Arguments.of(
                        "sent 65536 bytes with a credit of 65472", List.of(started, output(0, 1), output(1, 65_536))),
                Arguments.of("sent output of more than 64 KiB at once", List.of(started, output(0, 65_537))),
                Arguments.of("sent output without bytes", List.of(started, output(0, 0))),
                Arguments.of("sent output whose offsets go back", List.of(started, output(0, 10), output(9, 1))),
                Arguments.of("sent output whose offsets go back", List.of(started, output(-1, 10))),
                Arguments.of("sent output whose offsets have no end", List.of(started, output(Long.MAX_VALUE, 10))),
                Arguments.of(
                        "sent output of a stream that does not exist",
                        List.of(started, output(ProcessStream.PROCESS_STREAM_UNSPECIFIED, 0, 1))),
                Arguments.of("sent output whose offsets go back", List.of(started, output(0, 10), gap(9, 20))),
                Arguments.of("sent output whose offsets have no end", List.of(started, gap(9, 9))),
                Arguments.of("sent an event before the start of a process", List.of(output(0, 1))),
                Arguments.of("sent the start of a process twice", List.of(started, started)),
                Arguments.of("sent a process number that does not exist", List.of(started(0))),
                Arguments.of(
                        "sent a message of 206 bytes with 64 bytes of content", List.of(started, padded(output(0, 1)))),
                Arguments.of("sent a message of 203 bytes with 0 bytes of content", List.of(padded(started))),
                Arguments.of("sent an empty event", List.of(started, ProcessEvent.getDefaultInstance())),
                Arguments.of("sent an event after the end of a process", List.of(started, ended(), output(0, 1))),
                Arguments.of("sent an event after the end of a process", List.of(started, ended(), ended())));
    }

    @ParameterizedTest
    @MethodSource("violations")
    void aViolationEndsTheConnection(String reason, List<ProcessEvent> events) {
        GuestProcesses processes = hostile(host -> events.forEach(host::onNext));
        assertLost(reason, () -> drain(processes.start(CAT, soon())));
        // Later calls know the reason, too.
        assertLost("the guest agent", () -> processes.list(soon()));
    }

    @Test
    void endlessKeepAlivesEndTheConnection() {
        GuestProcesses processes = hostile(host -> {
            host.onNext(started(5));
            while (!host.isCancelled()) {
                host.onNext(ProcessEvent.newBuilder()
                        .setKeepAlive(KeepAlive.getDefaultInstance())
                        .build());
            }
        });
        assertLost("sent keep-alive events without end", () -> drain(processes.start(CAT, soon())));
    }

    @Test
    void endlessGapsEndTheConnection() {
        GuestProcesses processes = hostile(host -> {
            host.onNext(started(5));
            for (int i = 0; i < 1000; i++) {
                host.onNext(gap(i, i + 1));
            }
        });
        assertLost("sent more than 64 gaps without output", () -> drain(processes.start(CAT, soon())));
    }

    @Test
    void aStreamThatEndsEarlyEndsTheConnection() {
        GuestProcesses processes = hostile(host -> {
            host.onNext(started(5));
            host.onCompleted();
        });
        assertLost("ended a stream before its last message", () -> drain(processes.start(CAT, soon())));
    }

    @Test
    void aProcessThatHasBegunCannotBeRefused() {
        GuestProcesses processes = hostile(host -> {
            host.onNext(started(5));
            host.onError(Status.ALREADY_EXISTS
                    .withDescription("TAG_TAKEN: \u001b[2J")
                    .asRuntimeException());
        });
        assertLost("broke off the events of a process ([2J)", () -> drain(processes.start(CAT, soon())));
    }

    @Test
    void aStreamThatAFreezeEndsIsNotTheEndOfTheSandbox() {
        GuestProcesses processes = hostile(host -> {
            host.onNext(started(5));
            host.onError(Status.ABORTED.asRuntimeException());
        });
        assertLost("ABORTED", () -> drain(processes.start(CAT, soon())));

        served.orElseThrow().connection().expectAborts();

        assertThatThrownBy(() -> drain(processes.start(CAT, soon())))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.SANDBOX_MOVED));
    }

    @Test
    void anOwnFailureOfTheAgentIsNotTheEndOfTheSandbox() {
        GuestProcesses processes = hostile(host ->
                host.onError(Status.INTERNAL.withDescription("cannot start cat").asRuntimeException()));
        assertThatThrownBy(() -> processes.start(CAT, soon()))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.GUEST_REFUSED))
                .hasMessage("cannot start cat");
    }

    @Test
    void aSilentAgentIsReported() {
        GuestProcesses processes = hostile(host -> {});
        assertThatThrownBy(() -> processes.start(CAT, Deadline.after(Duration.ofMillis(100), Ticker.SYSTEM)))
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.GUEST_SILENT));
    }

    @Test
    void tooManyProcessesEndTheConnection() {
        ListProcessesResponse.Builder many = ListProcessesResponse.newBuilder();
        for (int i = 0; i <= GrpcGuestProcesses.MOST_PROCESSES; i++) {
            many.addProcesses(ProcessInfo.newBuilder().setPid(1));
        }
        GuestProcesses processes = against(new GuestProcessServiceGrpc.GuestProcessServiceImplBase() {
            @Override
            public void listProcesses(ListProcessesRequest request, StreamObserver<ListProcessesResponse> host) {
                host.onNext(many.build());
                host.onCompleted();
            }
        });
        assertLost("listed 129 processes", () -> processes.list(soon()));
    }

    @Test
    void aListThatIsTooLargeEndsTheConnection() {
        ListProcessesResponse.Builder many = ListProcessesResponse.newBuilder();
        for (int i = 0; i < 10_000; i++) {
            many.addProcesses(ProcessInfo.newBuilder().setPid(1).setCommand("sleep a long time"));
        }
        GuestProcesses processes = against(new GuestProcessServiceGrpc.GuestProcessServiceImplBase() {
            @Override
            public void listProcesses(ListProcessesRequest request, StreamObserver<ListProcessesResponse> host) {
                host.onNext(many.build());
                host.onCompleted();
            }
        });
        assertLost("gRPC message exceeds maximum size", () -> processes.list(soon()));
    }

    /** The messages that wait for a reader are bounded, and joined where they can be. */
    @Test
    void aSlowReaderGetsTinyOutputInLargePieces() throws InterruptedException {
        GuestProcesses processes = hostile(host -> {
            host.onNext(started(5));
            for (int i = 0; i < 1000; i++) {
                host.onNext(output(i, 1));
            }
            host.onNext(ended());
            host.onCompleted();
        });
        try (ProcessEvents events = processes.start(CAT, soon())) {
            served.orElseThrow().ended().await();
            assertThat(events.next()).get().isInstanceOf(io.neurovisor.engine.process.ProcessEvent.Started.class);
            assertThat(events.next())
                    .get()
                    .isInstanceOfSatisfying(
                            io.neurovisor.engine.process.ProcessEvent.Output.class,
                            output -> assertThat(output.data().remaining()).isEqualTo(1000));
            assertThat(events.next()).get().isInstanceOf(io.neurovisor.engine.process.ProcessEvent.Ended.class);
            assertThat(events.next()).isEmpty();
        }
    }

    /** What is not read waits in the host's memory, and not in the window that all streams share. */
    @Test
    void manyStreamsThatAreNotReadDoNotHoldUpAnother() {
        GuestProcesses processes = processes();
        List<ProcessEvents> unread = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                unread.add(processes.start(YES, soon()));
            }
            try (ProcessEvents read = processes.start(YES, soon())) {
                int bytes = 0;
                while (bytes < 4 << 20) {
                    if (read.next().orElseThrow() instanceof io.neurovisor.engine.process.ProcessEvent.Output output) {
                        bytes += output.data().remaining();
                    }
                }
            }
        } finally {
            unread.forEach(ProcessEvents::close);
            processes
                    .list(soon())
                    .forEach(info -> processes.signal(new ProcessSelector.Pid(info.pid()), 9, true, soon()));
        }
    }

    /** The memory of a client with many streams is bounded. */
    @Test
    void manyStreamsHaveSmallWindows() throws InterruptedException {
        BlockingQueue<Integer> credits = new LinkedBlockingQueue<>();
        GuestProcesses processes = against(new GuestProcessServiceGrpc.GuestProcessServiceImplBase() {
            @Override
            public StreamObserver<GuestStartRequest> start(StreamObserver<ProcessEvent> host) {
                host.onNext(started(5));
                return new StreamObserver<>() {
                    @Override
                    public void onNext(GuestStartRequest request) {
                        if (request.hasCredit()) {
                            credits.add(request.getCredit().getBytes());
                        }
                    }

                    @Override
                    public void onError(Throwable gone) {}

                    @Override
                    public void onCompleted() {}
                };
            }
        });
        List<ProcessEvents> streams = new ArrayList<>();
        int sum = 0;
        for (int i = 0; i < 100; i++) {
            streams.add(processes.start(CAT, soon()));
            sum += credits.take();
        }
        assertThat(sum).isLessThan(2 << 20);
        streams.forEach(ProcessEvents::close);
        try (ProcessEvents _ = processes.start(CAT, soon())) {
            assertThat(credits.take()).isEqualTo(GuestStream.WINDOW_BYTES);
        }
    }

    private static void drain(ProcessEvents events) {
        try (events) {
            while (events.next().isPresent()) {
                // Until it fails.
            }
        }
    }

    private static void assertLost(String reason, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        NeuroVisorException.class,
                        failure -> assertThat(failure.fault()).isEqualTo(Fault.SANDBOX_LOST))
                .hasMessageContaining(reason);
    }

    private static ProcessSpec command(String command) {
        return new ProcessSpec(
                command,
                List.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                false,
                Optional.empty());
    }

    private static ProcessEvent started(int pid) {
        return ProcessEvent.newBuilder()
                .setStarted(ProcessStarted.newBuilder().setPid(pid))
                .build();
    }

    private static ProcessEvent output(long offset, int bytes) {
        return output(ProcessStream.PROCESS_STREAM_STDOUT, offset, bytes);
    }

    private static ProcessEvent output(ProcessStream stream, long offset, int bytes) {
        return ProcessEvent.newBuilder()
                .setOutput(ProcessOutput.newBuilder()
                        .setStream(stream)
                        .setOffset(offset)
                        .setData(ByteString.copyFrom(new byte[bytes])))
                .build();
    }

    /** Adds a field that the host does not know. */
    private static ProcessEvent padded(ProcessEvent event) {
        UnknownFieldSet.Field padding = UnknownFieldSet.Field.newBuilder()
                .addLengthDelimited(ByteString.copyFrom(new byte[195]))
                .build();
        return event.toBuilder()
                .setUnknownFields(
                        UnknownFieldSet.newBuilder().addField(1000, padding).build())
                .build();
    }

    private static ProcessEvent gap(long from, long to) {
        return ProcessEvent.newBuilder()
                .setGap(OutputGap.newBuilder()
                        .setStream(ProcessStream.PROCESS_STREAM_STDOUT)
                        .setFrom(from)
                        .setTo(to))
                .build();
    }

    private static ProcessEvent ended() {
        return ProcessEvent.newBuilder()
                .setEnded(ProcessEnded.getDefaultInstance())
                .build();
    }

    /** Returns the processes of an agent that answers each start in this way, whatever is requested. */
    private GuestProcesses hostile(Consumer<ServerCallStreamObserver<ProcessEvent>> answer) {
        return against(new GuestProcessServiceGrpc.GuestProcessServiceImplBase() {
            @Override
            public StreamObserver<GuestStartRequest> start(StreamObserver<ProcessEvent> host) {
                Thread.ofPlatform().daemon().start(() -> answer.accept((ServerCallStreamObserver<ProcessEvent>) host));
                return new StreamObserver<>() {
                    @Override
                    public void onNext(GuestStartRequest request) {}

                    @Override
                    public void onError(Throwable gone) {}

                    @Override
                    public void onCompleted() {}
                };
            }
        });
    }

    private GuestProcesses against(BindableService agent) {
        try {
            Served fresh = Served.of(agent);
            served = Optional.of(fresh);
            return fresh.processes();
        } catch (IOException exception) {
            throw new AssertionError(exception);
        }
    }

    private static Deadline soon() {
        return Deadline.after(Duration.ofMinutes(1), Ticker.SYSTEM);
    }

    /** @param ended is counted down when the first stream has ended, of which the host then has all messages */
    private record Served(Server server, GuestConnection connection, GuestProcesses processes, CountDownLatch ended) {
        static Served of(BindableService agent) throws IOException {
            Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .addService(agent)
                    .build()
                    .start();
            CountDownLatch ended = new CountDownLatch(1);
            GuestConnection connection = new GuestConnection(NettyChannelBuilder.forAddress(
                            (InetSocketAddress) server.getListenSockets().getFirst())
                    .usePlaintext()
                    .maxInboundMessageSize(128 << 10)
                    .intercept(new Ends(ended::countDown))
                    .build());
            return new Served(server, connection, new GrpcGuestProcesses(connection), ended);
        }

        void close() {
            connection.close();
            server.shutdownNow();
        }
    }

    /** Runs an action when the host has received the end of a call, after all of its messages. */
    private record Ends(Runnable action) implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
                @Override
                public void start(Listener<A> listener, Metadata headers) {
                    super.start(
                            new SimpleForwardingClientCallListener<>(listener) {
                                @Override
                                public void onClose(Status status, Metadata trailers) {
                                    super.onClose(status, trailers);
                                    action.run();
                                }
                            },
                            headers);
                }
            };
        }
    }
}
