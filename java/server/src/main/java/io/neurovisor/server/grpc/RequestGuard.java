package io.neurovisor.server.grpc;

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
import io.neurovisor.server.status.RpcFailure;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Stands between what clients send and the services: a request reaches its service when it has arrived whole and in time, has
 * the right form and found room in the memory. Any other is refused with a status that says why.
 */
final class RequestGuard implements ServerInterceptor {
    /** Of an object that is made of a field, beside the field's own bytes. */
    private static final int BYTES_OF_A_FIELD = 64;

    private static final Duration RETRY = Duration.ofSeconds(1);

    private final CallLimits limits;
    private final ScheduledExecutorService timer;
    private final Duration patience;
    private final int mostBytes;

    /**
     * @param patience until the last byte of a request, also of one that is a stream
     * @param mostBytes of a request that was sent compressed, when it is not any more
     */
    RequestGuard(CallLimits limits, ScheduledExecutorService timer, Duration patience, int mostBytes) {
        this.limits = requireNonNull(limits, "limits is null");
        this.timer = requireNonNull(timer, "timer is null");
        this.patience = requireNonNull(patience, "patience is null");
        this.mostBytes = mostBytes;
    }

    /** The service behind this guard, in whose place it is to be served. */
    ServerServiceDefinition guarded(BindableService service) {
        return ServerInterceptors.intercept(
                ServerInterceptors.useMarshalledMessages(service.bindService(), new AsTheyCame()), this);
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
        share.onExcess(() -> guarded.refuse(noRoom()));
        return new GuardedListener<>(service, guarded, message -> looked(call, share, message), late(guarded));
    }

    /** A stream of requests that does not end would keep its call indefinitely. */
    private Runnable late(GuardedCall<?, ?> call) {
        ScheduledFuture<?> end = timer.schedule(
                () -> call.refuse(new RpcFailure(
                                Code.DEADLINE_EXCEEDED,
                                "REQUEST_INCOMPLETE",
                                "the request has not arrived whole within " + patience.toSeconds() + " s")
                        .exception()),
                patience.toNanos(),
                TimeUnit.NANOSECONDS);
        return () -> {
            boolean _ = end.cancel(false);
        };
    }

    /** The same message, to be read from its beginning. */
    private <Q, A> Q looked(ServerCall<Q, A> call, InboundMemory.Share share, Q message) {
        InputStream bytes = (InputStream) message;
        Descriptor type = ((ProtoMethodDescriptorSupplier)
                        requireNonNull(call.getMethodDescriptor().getSchemaDescriptor(), "a service of protobuf"))
                .getMethodDescriptor()
                .getInputType();
        try {
            if (!bytes.markSupported() || !(bytes instanceof KnownLength)) {
                bytes = new ByteArrayInputStream(unpacked(bytes, share));
            }
            bytes.mark(Integer.MAX_VALUE);
            int fields = MessageForm.fields(type, bytes);
            bytes.reset();
            if (!share.take((long) fields * BYTES_OF_A_FIELD)) {
                throw noRoom();
            }
        } catch (IOException exception) {
            throw malformed(exception);
        } catch (NeuroVisorException exception) {
            throw FaultStatus.of(exception);
        }
        @SuppressWarnings("unchecked") // As AsTheyCame gives it.
        Q again = (Q) bytes;
        return again;
    }

    private byte[] unpacked(InputStream message, InboundMemory.Share share) throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        byte[] part = new byte[InboundMemory.FREE_BYTES];
        for (int length = message.read(part); length >= 0; length = message.read(part)) {
            if (whole.size() + length > mostBytes) {
                throw new RpcFailure(
                                Code.RESOURCE_EXHAUSTED,
                                "REQUEST_TOO_LARGE",
                                "the request has more than " + mostBytes + " bytes when it is unpacked")
                        .exception();
            }
            if (!share.take(length)) {
                throw noRoom();
            }
            whole.write(part, 0, length);
        }
        return whole.toByteArray();
    }

    static StatusRuntimeException malformed(Exception reason) {
        return new RpcFailure(
                        Code.INVALID_ARGUMENT,
                        "REQUEST_MALFORMED",
                        "the request is no message that the contract knows: " + reason.getMessage())
                .exception();
    }

    private static StatusRuntimeException noRoom() {
        return busy("requests that are being served have all the memory that there is for them");
    }

    static StatusRuntimeException busy(String reason) {
        return new RpcFailure(Code.RESOURCE_EXHAUSTED, "SERVER_BUSY", reason + "; try again")
                .withRetryAfter(Optional.of(RETRY))
                .exception();
    }

    /** Nothing is made of a message before the guard has seen it, or of an answer that has been made one. */
    private static final class AsTheyCame implements MethodDescriptor.Marshaller<InputStream> {
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
