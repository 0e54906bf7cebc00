package io.neurovisor.tests.hostile.clients;

import static java.util.Objects.requireNonNull;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.SettableFuture;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.neurovisor.proto.execution.ExecuteRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** gRPC calls and their results: {@code OK}, or a code with the reason, such as {@code NOT_FOUND/NO_SUCH_MODEL}. */
final class Calls {
    /** The result of a call beyond the limit of its caller. */
    static final String TOO_MANY_CALLS = "RESOURCE_EXHAUSTED/TOO_MANY_CALLS";

    private static final long LIMIT_SECONDS = 120;

    private Calls() {}

    static ExecuteRequest program(String language, String code) {
        return ExecuteRequest.newBuilder().setLanguage(language).setCode(code).build();
    }

    /** Starts a health check. */
    static ListenableFuture<HealthCheckResponse> check(Channel channel) {
        return HealthGrpc.newFutureStub(channel).check(HealthCheckRequest.getDefaultInstance());
    }

    /** Calls a method, which need not exist, with bytes that need not be a message. */
    static ListenableFuture<byte[]> raw(Channel channel, String method, byte[] message) {
        MethodDescriptor<byte[], byte[]> descriptor = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(method)
                .build();
        return ClientCalls.futureUnaryCall(channel.newCall(descriptor, CallOptions.DEFAULT), message);
    }

    /** Calls a streaming method and reads the whole stream. */
    static <Q, A> ListenableFuture<?> stream(Channel channel, MethodDescriptor<Q, A> method, Q request) {
        SettableFuture<Boolean> end = SettableFuture.create();
        ClientCalls.asyncServerStreamingCall(
                channel.newCall(method, CallOptions.DEFAULT), request, new StreamObserver<A>() {
                    @Override
                    public void onNext(A message) {}

                    @Override
                    public void onError(Throwable failure) {
                        end.setException(failure);
                    }

                    @Override
                    public void onCompleted() {
                        end.set(true);
                    }
                });
        return end;
    }

    /** Waits for the calls and returns the number of each result. */
    static Map<String, Integer> ends(Collection<? extends ListenableFuture<?>> calls) throws InterruptedException {
        Map<String, Integer> ends = new TreeMap<>();
        for (ListenableFuture<?> call : calls) {
            ends.merge(end(call), 1, Integer::sum);
        }
        return ends;
    }

    static String end(ListenableFuture<?> call) throws InterruptedException {
        try {
            Object _ = call.get(LIMIT_SECONDS, TimeUnit.SECONDS);
            return "OK";
        } catch (ExecutionException exception) {
            return end(requireNonNull(exception.getCause(), "a call fails with a reason"));
        } catch (TimeoutException exception) {
            throw new AssertionError("a call has not ended after " + LIMIT_SECONDS + " s", exception);
        }
    }

    static String end(Throwable failure) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        String code = Status.fromThrowable(failure).getCode().name();
        if (status != null) {
            for (Any detail : status.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    return code + "/" + reason(detail);
                }
            }
        }
        return code;
    }

    private static String reason(Any detail) {
        try {
            return detail.unpack(ErrorInfo.class).getReason();
        } catch (InvalidProtocolBufferException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] bytes) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException exception) {
                throw new UncheckedIOException(exception);
            }
        }
    }
}
