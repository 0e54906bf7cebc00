package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Contexts;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.stub.MetadataUtils;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.grpc.guard.OutboundMemory;
import io.neurovisor.server.grpc.guard.PendingResponses;
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.ManualTicker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Services on a real port, behind the interceptors that every server has. */
public final class TestServer implements AutoCloseable {
    private static final Duration SEND_TIMEOUT = Duration.ofMinutes(1);

    private final ManualTicker ticker = new ManualTicker();
    private final PendingResponses answers;
    private final Server server;
    private final ManagedChannel channel;

    /** Serves every client as a loopback client. */
    public TestServer(List<BindableService> services) throws IOException {
        this(services, new Tenant.Loopback());
    }

    /** Serves every client as this tenant. */
    public TestServer(List<BindableService> services, Tenant tenant) throws IOException {
        this(services, tenant, Tracing.OFF);
    }

    /** Serves every client as this tenant, with tracing. */
    public TestServer(List<BindableService> services, Tenant tenant, Tracing tracing) throws IOException {
        this(services, tenant, tracing, OutboundMemory.ofThisProcess());
    }

    /** Serves every client as a loopback client, with this memory for what they do not read. */
    public TestServer(List<BindableService> services, OutboundMemory memory) throws IOException {
        this(services, new Tenant.Loopback(), Tracing.OFF, memory);
    }

    private TestServer(List<BindableService> services, Tenant tenant, Tracing tracing, OutboundMemory memory)
            throws IOException {
        answers = new PendingResponses(memory, SEND_TIMEOUT, ticker);
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addServices(services.stream().map(BindableService::bindService).toList())
                .addService(ProtoReflectionServiceV1.newInstance())
                // The interceptor that is added last sees a call first.
                .intercept(admitting(tenant))
                .intercept(new TraceInterceptor(new SecureRandom(), tracing))
                .intercept(answers)
                .addStreamTracerFactory(answers)
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress(server.getListenSockets().getFirst())
                .usePlaintext()
                .build();
    }

    private static ServerInterceptor admitting(Tenant tenant) {
        return new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                return Contexts.interceptCall(Tenant.with(tenant), call, headers, next);
            }
        };
    }

    public Channel channel() {
        return channel;
    }

    /** Returns a channel whose calls have this header. */
    public Channel channel(String header, String value) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** Advances the time until a client must have read something. */
    public void passSendTimeout() {
        answers.endUnread();
        ticker.advance(SEND_TIMEOUT);
    }

    /** Returns the invalid field that a status names. */
    public static String field(StatusRuntimeException status) {
        return detail(status, BadRequest.getDefaultInstance())
                .getFieldViolations(0)
                .getField();
    }

    public static String reason(StatusRuntimeException status) {
        return detail(status, ErrorInfo.getDefaultInstance()).getReason();
    }

    public static Duration retryDelay(StatusRuntimeException status) {
        return Duration.ofSeconds(
                detail(status, RetryInfo.getDefaultInstance()).getRetryDelay().getSeconds());
    }

    public static boolean hasRetryDelay(StatusRuntimeException status) {
        return requireNonNull(StatusProto.fromThrowable(status)).getDetailsList().stream()
                .anyMatch(detail -> detail.is(RetryInfo.class));
    }

    @SuppressWarnings("unchecked") // Unpacks a message of the given class.
    private static <M extends com.google.protobuf.Message> M detail(StatusRuntimeException status, M kind) {
        return requireNonNull(StatusProto.fromThrowable(status)).getDetailsList().stream()
                .filter(detail -> detail.is(kind.getClass()))
                .map(detail -> {
                    try {
                        return (M) detail.unpack(kind.getClass());
                    } catch (InvalidProtocolBufferException exception) {
                        throw new AssertionError(exception);
                    }
                })
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + kind.getClass().getSimpleName() + " in " + status));
    }

    /** Waits for a condition for at most a minute. */
    public static boolean becomes(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.onSpinWait();
        }
        return true;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
