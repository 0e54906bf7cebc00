package io.neurovisor.server.grpc;

import com.google.rpc.Code;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.status.RpcFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** The requests of a client's stream, one after another: the client may send the next one when {@link #next} is called. */
public final class RequestStream<Q> implements StreamObserver<Q> {
    /** The request that was asked for, and an end. */
    private final BlockingQueue<Optional<Q>> received = new ArrayBlockingQueue<>(2);

    private final Runnable demand;

    /** @param demand allows the client to send one request more */
    RequestStream(Runnable demand) {
        this.demand = demand;
    }

    /**
     * Returns the next request; empty after the last one. Must not be called again then.
     *
     * @param limit the time that the client may take
     */
    public Optional<Q> next(Duration limit) {
        demand.run();
        try {
            return Optional.ofNullable(received.poll(limit.toNanos(), TimeUnit.NANOSECONDS))
                    .orElseThrow(() -> new RpcFailure(
                                    Code.DEADLINE_EXCEEDED,
                                    "REQUEST_INCOMPLETE",
                                    "the request is incomplete, and nothing has come for " + limit.toSeconds() + " s")
                            .exception());
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("the client has disconnected", exception);
        }
    }

    @Override
    public void onNext(Q request) {
        received.add(Optional.of(request));
    }

    /** Makes {@link #next} return empty, for work that takes no more requests. May be called by any thread. */
    public void end() {
        // Without room for it another end is there.
        boolean _ = received.offer(Optional.empty());
    }

    /** Does nothing: a disconnect interrupts the thread of the call. */
    @Override
    public void onError(Throwable disconnect) {}

    @Override
    public void onCompleted() {
        end();
    }
}
