package io.neurovisor.server.client;

import io.grpc.Metadata;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.MetadataUtils;
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
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Runs programs by the daemon that serves a Unix socket. Thread-safe; closing it cancels running programs. */
public final class DaemonClient implements AutoCloseable {
    private final DaemonConnection connection;
    private final boolean usualSize;

    private DaemonClient(DaemonConnection connection, boolean usualSize) {
        this.connection = connection;
        this.usualSize = usualSize;
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
        return new DaemonClient(DaemonConnection.open(socket, key), false);
    }

    /**
     * Connects to a daemon.
     *
     * @param usualSize whether programs run in machines of the daemon's default size, whatever the size of requests
     */
    public static DaemonClient connect(Path socket, boolean usualSize) {
        return new DaemonClient(DaemonConnection.open(socket, Optional.empty()), usualSize);
    }

    /** @param users may serve the socket */
    static DaemonClient connect(Path socket, PeerUsers users, Optional<String> key, boolean usualSize) {
        return new DaemonClient(DaemonConnection.open(socket, users, key), usualSize);
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
        headers.forEach((name, value) -> sent.put(DaemonConnection.header(name), value));
        AtomicReference<Metadata> received = new AtomicReference<>(new Metadata());
        BlockingClientCall<?, ExecuteChunk> call = ExecutionServiceGrpc.newBlockingV2Stub(connection.calls())
                .withInterceptors(
                        MetadataUtils.newAttachHeadersInterceptor(sent),
                        MetadataUtils.newCaptureMetadataInterceptor(received, new AtomicReference<>()))
                .executeStream(message(request));
        ExecuteMetadata end = end(call, sink);
        return new TraceEcho(
                end.getTraceId(),
                String.valueOf(received.get().get(DaemonConnection.header("x-trace-id"))),
                String.valueOf(received.get().get(DaemonConnection.header("traceresponse"))));
    }

    private ExecuteRequest message(ExecutionRequest request) {
        ExecuteRequest message = ClientProtos.message(request);
        return usualSize ? message.toBuilder().clearSize().build() : message;
    }

    private DaemonResult execute(
            ExecuteRequest message, ExecutionRequest request, Optional<String> traceparent, OutputSink sink) {
        BlockingClientCall<?, ExecuteChunk> call = ExecutionServiceGrpc.newBlockingV2Stub(connection.calls())
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
                    "the daemon at " + connection.socket() + " is of another version: its result cannot be understood ("
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
                        "the daemon at " + connection.socket()
                                + " did not return a result; the outcome of the program is unknown");
            }
            return chunk;
        } catch (StatusException exception) {
            throw DaemonFailure.ofProgram(exception, connection.socket());
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("cancelled", exception);
        }
    }

    /** Returns immediately; the threads end later. */
    @Override
    public void close() {
        connection.close();
    }
}
