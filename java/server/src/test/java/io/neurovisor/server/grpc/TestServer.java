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
import io.neurovisor.server.trace.Tracing;
import io.neurovisor.testkit.ManualTicker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/** Services behind a real port, with what every server of ours has before them. */
final class TestServer implements AutoCloseable {
    private static final Duration SEND_TIMEOUT = Duration.ofMinutes(1);

    private final ManualTicker ticker = new ManualTicker();
    private final Answers answers = new Answers(AnswerMemory.ofThisProcess(), SEND_TIMEOUT, ticker);
    private final Server server;
    private final ManagedChannel channel;

    /** For everybody, as one who comes over loopback. */
    TestServer(List<BindableService> services) throws IOException {
        this(services, new Tenant.Loopback());
    }

    /** For everybody, as this one. */
    TestServer(List<BindableService> services, Tenant tenant) throws IOException {
        this(services, tenant, Tracing.OFF);
    }

    /** The same with spans. */
    TestServer(List<BindableService> services, Tenant tenant, Tracing tracing) throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addServices(services.stream().map(BindableService::bindService).toList())
                .addService(ProtoReflectionServiceV1.newInstance())
                // The one that is added last sees a call first.
                .intercept(lettingIn(tenant))
                .intercept(new TraceInterceptor(new SecureRandom(), tracing))
                .intercept(answers)
                .addStreamTracerFactory(answers)
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress(server.getListenSockets().getFirst())
                .usePlaintext()
                .build();
    }

    private static ServerInterceptor lettingIn(Tenant tenant) {
        return new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                return Contexts.interceptCall(Tenant.with(tenant), call, headers, next);
            }
        };
    }

    Channel channel() {
        return channel;
    }

    /** Whose calls have this header. */
    Channel channel(String header, String value) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(header, Metadata.ASCII_STRING_MARSHALLER), value);
        return ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    /** Lets the time pass until which a client must have read something. */
    void passSendTimeout() {
        answers.endUnread();
        ticker.advance(SEND_TIMEOUT);
    }

    /** The field that a status says is wrong. */
    static String field(StatusRuntimeException status) {
        return detail(status, BadRequest.getDefaultInstance())
                .getFieldViolations(0)
                .getField();
    }

    static String reason(StatusRuntimeException status) {
        return detail(status, ErrorInfo.getDefaultInstance()).getReason();
    }

    static Duration retryDelay(StatusRuntimeException status) {
        return Duration.ofSeconds(
                detail(status, RetryInfo.getDefaultInstance()).getRetryDelay().getSeconds());
    }

    static boolean hasRetryDelay(StatusRuntimeException status) {
        return requireNonNull(StatusProto.fromThrowable(status)).getDetailsList().stream()
                .anyMatch(detail -> detail.is(RetryInfo.class));
    }

    @SuppressWarnings("unchecked") // A message unpacks into its own class.
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

    /** Waits for a condition, for half a minute at most. */
    static boolean becomes(BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
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
