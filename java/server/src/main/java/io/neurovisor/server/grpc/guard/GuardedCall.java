package io.neurovisor.server.grpc.guard;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** A call that any thread may reject until its request is complete. Later messages of the service are then dropped. */
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

    /** Ends the call with this status unless the service has received the request or has ended the call. */
    void refuse(StatusRuntimeException reason) {
        if (state.compareAndSet(State.RECEIVING, State.REFUSED)) {
            super.close(
                    reason.getStatus(),
                    Optional.ofNullable(reason.getTrailers()).orElseGet(Metadata::new));
        }
    }

    /** Marks the request as complete, so that only the service ends the call. Returns false for a rejected call. */
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
