package io.neurovisor.server.grpc.guard;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.rpc.Code;
import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.access.CallLimits;
import io.neurovisor.server.access.Tenant;
import io.neurovisor.server.status.FaultStatus;
import io.neurovisor.server.status.RpcFailure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Rejects requests before they reach a service: those that are incomplete after a time limit, are malformed, exceed the
 * memory or exceed the limit of calls. The status gives the reason.
 *
 * @param timeout for a request to arrive completely, including requests that are streams; where the service takes a
 *     stream for as long as it lasts, for the first message
 * @param mostBytes of a decompressed request
 */
public record RequestGuard(CallLimits limits, ScheduledExecutorService timer, Duration timeout, int mostBytes)
        implements ServerInterceptor {
    /** The overhead of an object that is created for a field, in addition to the field's bytes. */
    private static final int BYTES_OF_A_FIELD = 64;

    private static final Duration RETRY = Duration.ofSeconds(1);

    /**
     * The limits of services, and of methods, whose messages are smaller than those of executions; input and files are
     * sent in pieces. What a field may have at most fits, so that the service itself names the field that has more.
     */
    private static final Map<String, Integer> MOST_BYTES = Map.of(
            "neurovisor.sandbox.v1.SandboxService", 512 << 10,
            "neurovisor.sandbox.v1.ProcessService", 128 << 10,
            // 128 KiB of arguments and 128 KiB of variables.
            "neurovisor.sandbox.v1.ProcessService/Start", 512 << 10,
            "neurovisor.sandbox.v1.FileService", 128 << 10,
            "neurovisor.sandbox.v1.InterpreterService", 512 << 10,
            // 8 MiB of code and 128 KiB of variables.
            "neurovisor.sandbox.v1.InterpreterService/ExecuteCell", 9 << 20);

    public ServerServiceDefinition guarded(BindableService service) {
        return ServerInterceptors.intercept(
                ServerInterceptors.useMarshalledMessages(service.bindService(), new RawMessages()), this);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        InboundMemory.Share share = InboundMemory.current();
        GuardedCall<Q, A> guarded = new GuardedCall<>(call);
        try {
            share.onEnd(limits.take(Tenant.current(), call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR)));
        } catch (StatusRuntimeException refusal) {
            guarded.refuse(refusal);
            return new ServerCall.Listener<>() {};
        }
        ServerCall.Listener<Q> service = next.startCall(guarded, headers);
        share.onExcess(() -> guarded.refuse(outOfMemory()));
        Runnable arrived = startTimer(guarded);
        return new GuardedListener<>(
                service,
                guarded,
                message -> {
                    if (share.takesNext()) {
                        arrived.run();
                    }
                    return checked(call, share, message);
                },
                arrived);
    }

    /** Prevents a stream of requests that does not end from keeping its call indefinitely. */
    private Runnable startTimer(GuardedCall<?, ?> call) {
        ScheduledFuture<?> end = timer.schedule(
                () -> call.refuse(new RpcFailure(
                                Code.DEADLINE_EXCEEDED,
                                "REQUEST_INCOMPLETE",
                                "the request is incomplete after " + timeout.toSeconds() + " s")
                        .exception()),
                timeout.toNanos(),
                TimeUnit.NANOSECONDS);
        return () -> {
            boolean _ = end.cancel(false);
        };
    }

    /** Checks a message and returns it, rewound to its beginning. */
    private <Q, A> Q checked(ServerCall<Q, A> call, InboundMemory.Share share, Q message) {
        InputStream bytes = (InputStream) message;
        Descriptor type = ((ProtoMethodDescriptorSupplier)
                        requireNonNull(call.getMethodDescriptor().getSchemaDescriptor(), "a service of protobuf"))
                .getMethodDescriptor()
                .getInputType();
        try {
            if (!bytes.markSupported() || !(bytes instanceof KnownLength)) {
                bytes = new ByteArrayInputStream(decompressed(bytes, share));
            }
            requireSize(call, bytes.available());
            bytes.mark(Integer.MAX_VALUE);
            int fields = MessageScanner.fields(type, bytes);
            bytes.reset();
            if (!share.take((long) fields * BYTES_OF_A_FIELD)) {
                throw outOfMemory();
            }
        } catch (IOException exception) {
            throw malformed(exception);
        } catch (NeuroVisorException exception) {
            throw FaultStatus.of(exception);
        }
        @SuppressWarnings("unchecked") // The type that {@link RawMessages} returns.
        Q again = (Q) bytes;
        return again;
    }

    private static void requireSize(ServerCall<?, ?> call, int bytes) {
        String method = call.getMethodDescriptor().getFullMethodName();
        String service = String.valueOf(call.getMethodDescriptor().getServiceName());
        int most = MOST_BYTES.getOrDefault(method, MOST_BYTES.getOrDefault(service, Integer.MAX_VALUE));
        if (bytes > most) {
            throw new RpcFailure(
                            Code.RESOURCE_EXHAUSTED,
                            "REQUEST_TOO_LARGE",
                            "the request has %d bytes; a message of %s may have at most %d"
                                    .formatted(bytes, method, most))
                    .exception();
        }
    }

    private byte[] decompressed(InputStream message, InboundMemory.Share share) throws IOException {
        if (message instanceof KnownLength && message.available() <= Math.min(InboundMemory.FREE_BYTES, mostBytes)) {
            return copied(message, share);
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        byte[] part = new byte[InboundMemory.FREE_BYTES];
        for (int length = message.read(part); length >= 0; length = message.read(part)) {
            if (whole.size() + length > mostBytes) {
                throw new RpcFailure(
                                Code.RESOURCE_EXHAUSTED,
                                "REQUEST_TOO_LARGE",
                                "the request has more than " + mostBytes + " bytes when it is decompressed")
                        .exception();
            }
            if (!share.take(length)) {
                throw outOfMemory();
            }
            whole.write(part, 0, length);
        }
        return whole.toByteArray();
    }

    /** Copies a small message, as most of this process are, without the buffers that one of unknown length needs. */
    private static byte[] copied(InputStream message, InboundMemory.Share share) throws IOException {
        byte[] whole = new byte[message.available()];
        if (!share.take(whole.length)) {
            throw outOfMemory();
        }
        int _ = message.readNBytes(whole, 0, whole.length);
        return whole;
    }

    static StatusRuntimeException malformed(Exception reason) {
        return new RpcFailure(
                        Code.INVALID_ARGUMENT,
                        "REQUEST_MALFORMED",
                        "the request is not a valid message: " + reason.getMessage())
                .exception();
    }

    private static StatusRuntimeException outOfMemory() {
        return busy("the memory for requests is used up");
    }

    static StatusRuntimeException busy(String reason) {
        return new RpcFailure(Code.RESOURCE_EXHAUSTED, "SERVER_BUSY", reason + "; try again")
                .withRetryAfter(Optional.of(RETRY))
                .exception();
    }

    /** Passes messages through as bytes, so that a request is checked before it is parsed. */
    private static final class RawMessages implements MethodDescriptor.Marshaller<InputStream> {
        @Override
        public InputStream stream(InputStream message) {
            return message;
        }

        @Override
        public InputStream parse(InputStream message) {
            return message;
        }
    }
}
