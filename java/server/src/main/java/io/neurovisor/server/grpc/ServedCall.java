package io.neurovisor.server.grpc;

import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.server.grpc.guard.InboundMemory;
import io.neurovisor.server.grpc.guard.PendingResponse;
import io.neurovisor.server.status.FaultStatus;
import io.neurovisor.server.trace.TraceScope;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one call in its own thread, so that gRPC's events are handled during the work. A disconnect or an expired
 * deadline interrupts the thread; a slow reader applies back-pressure. An exception of the work becomes the status of
 * the call.
 */
public final class ServedCall<A> {
    /** What the transport accepts from a stream of messages of 64 KiB before it waits for the client. */
    public static final int TRANSPORT_BYTES = 96 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(ServedCall.class);

    private final ServerCallStreamObserver<A> client;
    private final Lock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final PendingResponse memory = PendingResponse.current();

    /** What is charged while the client does not read. For the thread of the call only. */
    private long unreadBytes;

    @FunctionalInterface
    public interface Work<A> {
        /** Serves the call. Returns after the last message has been sent. */
        void serve(ServedCall<A> call);
    }

    @FunctionalInterface
    public interface StreamWork<Q, A> {
        /** Serves the call. Returns after the last message has been sent. */
        void serve(RequestStream<Q> requests, ServedCall<A> call);
    }

    private ServedCall(StreamObserver<A> client) {
        this.client = (ServerCallStreamObserver<A>) client;
    }

    /** Starts the thread of a call. Must be called by the method that implements the RPC. */
    public static <A> void begin(StreamObserver<A> client, Work<A> work) {
        Thread _ = start(client, work);
    }

    private static <A> Thread start(StreamObserver<A> client, Work<A> work) {
        ServedCall<A> call = new ServedCall<>(client);
        InboundMemory.Hold request = InboundMemory.current().hold();
        Thread thread = Thread.ofVirtual().unstarted(Context.current().wrap(() -> {
            try (request;
                    TraceScope _ = TraceInterceptor.scope()) {
                call.serve(work);
            }
        }));
        call.client.setOnReadyHandler(call::wake);
        call.client.setOnCancelHandler(thread::interrupt);
        thread.start();
        return thread;
    }

    /**
     * Starts the thread of a call whose requests are a stream, and returns the observer of these requests. Must be called
     * by the method that implements the RPC.
     */
    public static <Q, A> StreamObserver<Q> beginStream(StreamObserver<A> client, StreamWork<Q, A> work) {
        ServerCallStreamObserver<A> observer = (ServerCallStreamObserver<A>) client;
        RequestStream<Q> requests = new RequestStream<>(() -> observer.request(1));
        observer.disableAutoRequest();
        InboundMemory.current().asStream();
        Thread thread = start(client, call -> work.serve(requests, call));
        // The guard of requests may end the call, too.
        observer.setOnCloseHandler(thread::interrupt);
        return requests;
    }

    /**
     * Declares how much is in memory for this call while the client does not read: what the transport has accepted and
     * what its source sends ahead. {@link #send} charges the client for it while it waits, and throws
     * {@code RESOURCE_EXHAUSTED} if that exceeds a limit. So streams that have nothing to send cost nothing.
     */
    public void holdsUnread(long bytes) {
        unreadBytes = bytes;
    }

    /** Sends a message; blocks while the client's buffer is full. */
    public void send(A message) {
        if (!client.isReady()) {
            memory.require(unreadBytes);
            try {
                awaitReader();
            } finally {
                memory.release(unreadBytes);
            }
        }
        client.onNext(message);
    }

    /**
     * Sends messages until there are none. A message may refer to what it is made of until the next one is requested, because sending
     * serializes it. While the client does not read, the message alone is in memory.
     */
    public void sendAll(Supplier<Optional<A>> messages) {
        for (Optional<A> next = messages.get(); next.isPresent(); next = messages.get()) {
            send(next.get());
        }
    }

    /** Sends a message for people, unless the client's buffer is full: then it is dropped. Another thread may not send meanwhile. */
    public void offer(A message) {
        if (client.isReady()) {
            client.onNext(message);
        }
    }

    private void awaitReader() {
        lock.lock();
        try {
            while (!client.isReady()) {
                if (client.isCancelled()) {
                    throw gone(null);
                }
                changed.await();
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw gone(exception);
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void serve(Work<A> work) {
        try {
            work.serve(this);
            if (!client.isCancelled()) {
                client.onCompleted();
            }
        } catch (NeuroVisorException exception) {
            fail(FaultStatus.of(exception));
        } catch (StatusRuntimeException exception) {
            fail(exception);
        } catch (RuntimeException | Error defect) {
            LOG.error("a call failed", defect);
            fail(FaultStatus.of(new NeuroVisorException(
                    Fault.INTERNAL,
                    "internal error; the log has it under "
                            + TraceInterceptor.current().id())));
        }
    }

    private void fail(StatusRuntimeException status) {
        if (client.isCancelled()) {
            LOG.debug("the client has disconnected: {}", status.getStatus().getCode());
            return;
        }
        client.onError(status);
    }

    private static NeuroVisorException gone(@Nullable Exception cause) {
        return new NeuroVisorException(Fault.INTERRUPTED, "the client has disconnected", cause);
    }
}
