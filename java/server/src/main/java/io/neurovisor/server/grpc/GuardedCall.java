package io.neurovisor.server.grpc;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** A call that can be refused until its request is whole, by any thread; its service then has no more to say. */
final class GuardedCall<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final AtomicReference<State> state = new AtomicReference<>(State.RECEIVING);

    private enum State {
        RECEIVING,
        SERVED,
        REFUSED
    }

    GuardedCall(ServerCall<Q, A> call) {
        super(call);
    }

    /** Ends the call, unless its service has the request or has ended it. */
    void refuse(StatusRuntimeException reason) {
        if (state.compareAndSet(State.RECEIVING, State.REFUSED)) {
            super.close(
                    reason.getStatus(),
                    Optional.ofNullable(reason.getTrailers()).orElseGet(Metadata::new));
        }
    }

    /** The request is whole: from now on only its service ends the call. False for one that was refused. */
    boolean serve() {
        return state.compareAndSet(State.RECEIVING, State.SERVED) || state.get() == State.SERVED;
    }

    boolean isRefused() {
        return state.get() == State.REFUSED;
    }

    @Override
    public void sendHeaders(Metadata headers) {
        if (!isRefused()) {
            super.sendHeaders(headers);
        }
    }

    @Override
    public void sendMessage(A message) {
        if (!isRefused()) {
            super.sendMessage(message);
        }
    }

    @Override
    public void close(Status status, Metadata trailers) {
        if (serve()) {
            super.close(status, trailers);
        }
    }
}
