package io.neurovisor.server.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.StatusException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.OutputSink;
import io.neurovisor.host.guestlink.GuestMessages;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.ExecuteMetadata;
import io.neurovisor.proto.execution.ExecuteRequest;
import io.neurovisor.proto.execution.ExecutionServiceGrpc;
import io.neurovisor.server.access.PeerUsers;
import io.neurovisor.server.grpc.execution.ExecutionProtos;
import io.neurovisor.server.trace.Tracing;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Runs programs by the daemon that serves a Unix socket. Thread-safe; closing it cancels running programs. */
public final class DaemonClient implements AutoCloseable {
    /** A daemon accepts and greets within milliseconds; one that takes longer is stopped or hangs. */
    private static final Duration GREETING = Duration.ofSeconds(5);

    /** Detects a lost daemon while a program is silent for hours. */
    private static final Duration ALIVE_EVERY = Duration.ofSeconds(30);

    private static final Duration ALIVE_ANSWER = Duration.ofSeconds(20);

    private final Path socket;
    private final boolean usualSize;
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("daemon-client", true), NioIoHandler.newFactory());
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final ServerUserCheck verdict;
    private final ManagedChannel channel;
    private final Channel calls;

    private DaemonClient(Path socket, PeerUsers users, Optional<String> key, boolean usualSize) {
        this.socket = socket;
        this.usualSize = usualSize;
        this.verdict = new ServerUserCheck(users);
        this.channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelFactory(
                        () -> {
                            NioDomainSocketChannel connection = new NioDomainSocketChannel();
                            connection.pipeline().addFirst(verdict.handler());
                            return connection;
                        },
                        UnixDomainSocketAddress.class)
                .eventLoopGroup(eventLoop)
                .executor(executor)
                .usePlaintext()
                .overrideAuthority("daemon")
                .keepAliveTime(ALIVE_EVERY.toSeconds(), TimeUnit.SECONDS)
                .keepAliveTimeout(ALIVE_ANSWER.toSeconds(), TimeUnit.SECONDS)
                .disableRetry()
                .build();
        this.calls = key.map(secret -> ClientInterceptors.intercept(channel, authorization(secret)))
                .orElse(channel);
    }

    private static ClientInterceptor authorization(String secret) {
        Metadata headers = new Metadata();
        headers.put(header("authorization"), "Bearer " + secret);
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    /**
     * Connects to a daemon.
     *
     * @throws NeuroVisorException {@link Fault#DAEMON_MISSING} with the reason if no daemon of this user or root
     *     responds
     */
    public static DaemonClient connect(Path socket) {
        return connect(socket, Optional.empty());
    }

    /** Connects as the tenant of the key, if it is present. */
    public static DaemonClient connect(Path socket, Optional<String> key) {
        return connect(socket, key, false);
    }

    /**
     * Connects to a daemon.
     *
     * @param usualSize whether programs run in machines of the daemon's default size, whatever the size of requests
     */
    public static DaemonClient connect(Path socket, boolean usualSize) {
        return connect(socket, Optional.empty(), usualSize);
    }

    private static DaemonClient connect(Path socket, Optional<String> key, boolean usualSize) {
        try {
            return connect(socket, PeerUsers.ownAndRoot(), key, usualSize);
        } catch (IOException exception) {
            throw missing(socket, String.valueOf(exception.getMessage()));
        }
    }

    /** @param users may serve the socket */
    static DaemonClient connect(Path socket, PeerUsers users, Optional<String> key, boolean usualSize) {
        DaemonClient client = new DaemonClient(socket, users, key, usualSize);
        boolean connected = false;
        try {
            client.awaitGreeting();
            connected = true;
            return client;
        } finally {
            if (!connected) {
                client.close();
            }
        }
    }

    /**
     * Runs a program; blocks until its end.
     *
     * @throws NeuroVisorException with the daemon's fault if the program could not be run, or {@link Fault#DAEMON_LOST}
     *     if its outcome is unknown
     */
    public DaemonResult execute(ExecutionRequest request, OutputSink sink) {
        return execute(message(request), request, Optional.empty(), sink);
    }

    /** Runs a program in a span that becomes the parent of the daemon's spans. */
    public DaemonResult execute(Tracing tracing, ExecutionRequest request, OutputSink sink) {
        Span call = tracing.span(ExecutionServiceGrpc.getExecuteStreamMethod().getFullMethodName())
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute("rpc.system", "grpc")
                .startSpan();
        return tracing.within(call, () -> execute(message(request), request, tracing.header(call), sink));
    }

    /**
     * Runs a program with an idempotency key: it runs once, however often it is requested, and does not end with this
     * client.
     */
    public DaemonResult executeOnce(String key, ExecutionRequest request, OutputSink sink) {
        return execute(message(request).toBuilder().setIdempotencyKey(key).build(), request, Optional.empty(), sink);
    }

    /**
     * Runs a program and returns the trace ids of the response, to check how the daemon treats the headers of other
     * clients.
     *
     * @param headers such as {@code traceparent}
     */
    public TraceEcho echo(Map<String, String> headers, ExecutionRequest request, OutputSink sink) {
        Metadata sent = new Metadata();
        headers.forEach((name, value) -> sent.put(header(name), value));
        AtomicReference<Metadata> received = new AtomicReference<>(new Metadata());
        BlockingClientCall<?, ExecuteChunk> call = ExecutionServiceGrpc.newBlockingV2Stub(calls)
                .withInterceptors(
                        MetadataUtils.newAttachHeadersInterceptor(sent),
                        MetadataUtils.newCaptureMetadataInterceptor(received, new AtomicReference<>()))
                .executeStream(message(request));
        ExecuteMetadata end = end(call, sink);
        return new TraceEcho(
                end.getTraceId(),
                String.valueOf(received.get().get(header("x-trace-id"))),
                String.valueOf(received.get().get(header("traceresponse"))));
    }

    private static Metadata.Key<String> header(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    private ExecuteRequest message(ExecutionRequest request) {
        ExecuteRequest message = ClientProtos.message(request);
        return usualSize ? message.toBuilder().clearSize().build() : message;
    }

    private DaemonResult execute(
            ExecuteRequest message, ExecutionRequest request, Optional<String> traceparent, OutputSink sink) {
        BlockingClientCall<?, ExecuteChunk> call = ExecutionServiceGrpc.newBlockingV2Stub(calls)
                .withInterceptors(GuestMessages.traceHeaders(request.traceId(), traceparent))
                .executeStream(message);
        return understood(request, end(call, sink));
    }

    private ExecuteMetadata end(BlockingClientCall<?, ExecuteChunk> call, OutputSink sink) {
        try {
            ExecuteChunk chunk = next(call);
            while (!chunk.getIsFinal()) {
                ExecutionProtos.deliver(chunk, sink);
                chunk = next(call);
            }
            return chunk.getMetadata();
        } finally {
            // Has no effect on a call that has already ended.
            call.cancel("the call has ended", null);
        }
    }

    private DaemonResult understood(ExecutionRequest request, ExecuteMetadata metadata) {
        try {
            return ClientProtos.result(request, metadata);
        } catch (IllegalArgumentException exception) {
            throw new NeuroVisorException(
                    Fault.DAEMON_LOST,
                    "the daemon at " + socket + " is of another version: its result cannot be" + " understood ("
                            + exception.getMessage() + ")",
                    exception);
        }
    }

    private ExecuteChunk next(BlockingClientCall<?, ExecuteChunk> call) {
        try {
            ExecuteChunk chunk = call.read();
            if (chunk == null) {
                throw new NeuroVisorException(
                        Fault.DAEMON_LOST,
                        "the daemon at " + socket + " did not return a result; the outcome of the program is unknown");
            }
            return chunk;
        } catch (StatusException exception) {
            throw DaemonFailure.of(exception, socket);
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    /** Returns when the daemon has sent its HTTP/2 settings. */
    private void awaitGreeting() {
        long endNanos = System.nanoTime() + GREETING.toNanos();
        ConnectivityState state = channel.getState(true);
        while (state != ConnectivityState.READY) {
            if (state == ConnectivityState.TRANSIENT_FAILURE) {
                throw missing(socket, verdict.refusal().orElse("no server listens there"));
            }
            CountDownLatch changed = new CountDownLatch(1);
            channel.notifyWhenStateChanged(state, changed::countDown);
            try {
                if (!changed.await(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    throw missing(socket, "the server has not responded within " + GREETING.toSeconds() + " s");
                }
            } catch (InterruptedException exception) {
                throw NeuroVisorException.interrupted("cancelled", exception);
            }
            state = channel.getState(true);
        }
    }

    private static NeuroVisorException missing(Path socket, String reason) {
        return new NeuroVisorException(Fault.DAEMON_MISSING, "no daemon at " + socket + ": " + reason);
    }

    /** Returns immediately; the threads end later. */
    @Override
    public void close() {
        channel.shutdownNow();
        Future<?> _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
        executor.shutdownNow();
    }
}
