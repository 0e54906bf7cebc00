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

/** A client that reads only when asked to. */
public final class SlowReader<Q, A> extends ClientCall.Listener<A> {
    private final ClientCall<Q, A> call;
    private final ToIntFunction<A> size;
    private final AtomicLong messages = new AtomicLong();
    private final AtomicLong total = new AtomicLong();
    private final CompletableFuture<Status> status = new CompletableFuture<>();
    private final CompletableFuture<StatusRuntimeException> failure = new CompletableFuture<>();

    /** Starts a streaming call. {@code size} returns the size of a message. */
    public SlowReader(Channel channel, MethodDescriptor<Q, A> method, Q request, ToIntFunction<A> size) {
        this.size = size;
        call = channel.newCall(method, CallOptions.DEFAULT);
        call.start(this, new Metadata());
        call.sendMessage(request);
        call.halfClose();
    }

    public void read(int count) {
        call.request(count);
    }

    public void cancel() {
        call.cancel("enough", null);
    }

    public long messages() {
        return messages.get();
    }

    /** Returns the total size of the messages that were read. */
    public long total() {
        return total.get();
    }

    public Status status() throws Exception {
        return status.get(60, TimeUnit.SECONDS);
    }

    public boolean isClosed() {
        return status.isDone();
    }

    /** Returns the failure with its details. */
    public StatusRuntimeException failure() throws Exception {
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
