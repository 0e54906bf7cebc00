package io.neurovisor.tests.hostile.clients;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A call whose client has sent its request and reads no response. */
final class UnreadCall<Q, A> extends ClientCall.Listener<A> {
    private static final long LIMIT_SECONDS = 60;

    private final ClientCall<Q, A> call;
    private final CompletableFuture<StatusRuntimeException> end = new CompletableFuture<>();

    private UnreadCall(ClientCall<Q, A> call) {
        this.call = call;
    }

    static <Q, A> UnreadCall<Q, A> begin(Channel channel, MethodDescriptor<Q, A> method, Q request) {
        ClientCall<Q, A> call = channel.newCall(method, CallOptions.DEFAULT);
        UnreadCall<Q, A> unread = new UnreadCall<>(call);
        call.start(unread, new Metadata());
        call.sendMessage(request);
        call.halfClose();
        return unread;
    }

    /** Reads the messages that have arrived, and returns the code of the call. */
    Status.Code end() throws Exception {
        call.request(Integer.MAX_VALUE);
        return end.get(LIMIT_SECONDS, TimeUnit.SECONDS).getStatus().getCode();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        end.complete(status.asRuntimeException(trailers));
    }
}
