package io.neurovisor.server.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;

/** A client that reads only what it asks for. */
final class SlowReader<Q, A> extends ClientCall.Listener<A> {
    private final ClientCall<Q, A> call;
    private final ToIntFunction<A> size;
    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong total = new AtomicLong();
    private final CompletableFuture<Status> status = new CompletableFuture<>();
    private final CompletableFuture<StatusRuntimeException> failure = new CompletableFuture<>();

    /** Begins a call that is answered by a stream; {@code size} is what counts of a message. */
    SlowReader(Channel channel, MethodDescriptor<Q, A> method, Q request, ToIntFunction<A> size) {
        this.size = size;
        call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(this, new Metadata());
        call.sendMessage(request);
        call.halfClose();
    }

    void read(int count) {
        call.request(count);
    }

    void cancel() {
        call.cancel("enough", null);
    }

    long messages() {
        return messages.get();
    }

    /** Of the sizes of all messages that were read. */
    long total() {
        return total.get();
    }

    Status status() throws Exception {
        return status.get(60, TimeUnit.SECONDS);
    }

    boolean isClosed() {
        return status.isDone();
    }

    /** With its details. */
    StatusRuntimeException failure() throws Exception {
        return failure.get(60, TimeUnit.SECONDS);
    }

    @Override
    public void onMessage(A message) {
        total.addAndGet(size.applyAsInt(message));
        messages.incrementAndGet();
    }

    @Override
    public void onClose(Status closed, Metadata trailers) {
        failure.complete(closed.asRuntimeException(trailers));
        status.complete(closed);
    }
}
