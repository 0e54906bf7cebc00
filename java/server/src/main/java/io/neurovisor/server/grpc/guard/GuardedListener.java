package io.neurovisor.server.grpc.guard;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.ServerCall;
import io.grpc.StatusRuntimeException;
import java.util.function.UnaryOperator;

/** Forwards the client's messages to the service until the call is rejected. */
final class GuardedListener<Q> extends SimpleForwardingServerCallListener<Q> {
    private final GuardedCall<Q, ?> call;
    private final UnaryOperator<Q> check;
    private final Runnable arrived;

    /**
     * @param check returns the message to forward, or throws the status with which the call is rejected
     * @param arrived is called when no further message is expected
     */
    GuardedListener(ServerCall.Listener<Q> service, GuardedCall<Q, ?> call, UnaryOperator<Q> check, Runnable arrived) {
        super(service);
        this.call = call;
        this.check = check;
        this.arrived = arrived;
    }

    @Override
    public void onMessage(Q message) {
        if (call.isRefused()) {
            return;
        }
        try {
            super.onMessage(check.apply(message));
        } catch (StatusRuntimeException refusal) {
            call.refuse(
                    refusal.getCause() instanceof InvalidProtocolBufferException malformed
                            ? RequestGuard.malformed(malformed)
                            : refusal);
        }
    }

    @Override
    public void onHalfClose() {
        arrived.run();
        if (call.serve()) {
            super.onHalfClose();
        }
    }

    @Override
    public void onCancel() {
        arrived.run();
        super.onCancel();
    }

    @Override
    public void onComplete() {
        arrived.run();
        super.onComplete();
    }
}
