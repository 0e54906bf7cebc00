package io.neurovisor.server.connect;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.util.JsonFormat.TypeRegistry;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.grpc.StatusException;
import io.neurovisor.server.http.api.BodyTooLarge;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call of a generated service. Its listener is called by the thread of {@link #run} alone, and another one reads the requests.
 * A response is written by the thread that sends it, so a client that does not read holds up its service.
 */
final class ConnectCall<Q, A> extends ServerCall<Q, A> {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectCall.class);

    private final MethodDescriptor<Q, A> method;
    private final Codec codec;
    private final TypeRegistry types;
    private final Requests requests;
    private final ConnectResponse response;
    private final BlockingQueue<Event<Q>> events = new LinkedBlockingQueue<>();
    private final Semaphore requested = new Semaphore(0);
    private final Thread reader = Thread.ofVirtual().name("connect-requests").unstarted(this::read);
    private final Object lock = new Object();

    @GuardedBy("lock")
    private boolean closed;

    private volatile boolean cancelled;

    /** Where messages come from. */
    @FunctionalInterface
    interface Requests {
        /** Returns the next message; empty at the end. */
        Optional<byte[]> next() throws StatusException, IOException;
    }

    /** What is to be done next. */
    private sealed interface Event<Q> {
        record Message<Q>(Q request) implements Event<Q> {}

        record HalfClose<Q>() implements Event<Q> {}

        /** The call is over: it was closed by its service, or it cannot go on. */
        record Over<Q>() implements Event<Q> {}
    }

    /** @param types of the messages that others may contain */
    ConnectCall(
            MethodDescriptor<Q, A> method,
            Codec codec,
            TypeRegistry types,
            Requests requests,
            ConnectResponse response) {
        this.method = method;
        this.codec = codec;
        this.types = types;
        this.requests = requests;
        this.response = response;
    }

    /** Returns the thread that reads the requests, which may not have ended when the call is over. */
    Thread reader() {
        return reader;
    }

    /** Serves the call until it is over. */
    void run(ServerCallHandler<Q, A> handler, Metadata headers, Context.CancellableContext context) {
        // Its end cancels the context, too, which then has no effect.
        context.addListener(this::expire, Runnable::run);
        Context before = context.attach();
        try {
            if (method.getType().clientSendsOneMessage()) {
                read(); // Whole before the call can end: Jetty resets a stream of HTTP/2 whose body was not read.
            }
            Listener<Q> listener = handler.startCall(this, headers);
            if (!method.getType().clientSendsOneMessage()) {
                reader.start();
            }
            listener.onReady();
            deliver(listener);
        } catch (RuntimeException | Error defect) {
            LOG.error("call {} failed", method.getFullMethodName(), defect);
            finish(Status.UNKNOWN.withDescription("the service has failed; the server's log has the reason"));
        } finally {
            context.detach(before);
            boolean _ = context.cancel(null);
            requested.release(); // The reader may wait for the service.
        }
    }

    private void deliver(Listener<Q> listener) {
        while (true) {
            switch (take()) {
                case Event.Message<Q>(Q request) -> listener.onMessage(request);
                case Event.HalfClose<Q>() -> listener.onHalfClose();
                case Event.Over<Q>() -> {
                    if (cancelled) {
                        listener.onCancel();
                    } else {
                        listener.onComplete();
                    }
                    return;
                }
            }
        }
    }

    private Event<Q> take() {
        try {
            return events.take();
        } catch (InterruptedException interrupt) {
            disconnected();
            return new Event.Over<>();
        }
    }

    /** Ends the call because its client has disconnected: nothing more can be sent. */
    void disconnected() {
        synchronized (lock) {
            closed = true;
        }
        cancel();
    }

    private void expire(Context ended) {
        finish(
                ended.getDeadline() != null && ended.getDeadline().isExpired()
                        ? Status.DEADLINE_EXCEEDED.withDescription("the deadline of the request has passed")
                        : Status.CANCELLED);
    }

    /** Ends the call with a status that is not one of its service. */
    private void finish(Status status) {
        boolean wasOpen = endWith(status, new Metadata());
        if (wasOpen) {
            cancel();
        }
    }

    private void cancel() {
        cancelled = true;
        events.add(new Event.Over<>());
    }

    private void read() {
        try {
            int count = 0;
            for (Optional<byte[]> next = requests.next(); next.isPresent(); next = requests.next()) {
                count++;
                requireOneMessage(count > 1);
                Q request = codec.request(method, types, next.get());
                if (!method.getType().clientSendsOneMessage()) {
                    requested.acquire();
                    if (isOver()) {
                        return;
                    }
                }
                events.add(new Event.Message<>(request));
            }
            requireOneMessage(count == 0);
            events.add(new Event.HalfClose<>());
        } catch (StatusException refused) {
            finish(refused.getStatus());
        } catch (BodyTooLarge tooLarge) {
            finish(Status.RESOURCE_EXHAUSTED.withDescription(tooLarge.getMessage()));
        } catch (IOException gone) {
            disconnected();
        } catch (InterruptedException over) {
            // The call is over, so its requests are not needed.
        } catch (RuntimeException | Error defect) {
            // After the end of a call its body cannot be read, which is reported in this way.
            if (!isOver()) {
                LOG.error("requests of call {} cannot be read", method.getFullMethodName(), defect);
                finish(Status.INTERNAL);
            }
        }
    }

    private void requireOneMessage(boolean isBroken) throws StatusException {
        if (isBroken && method.getType().clientSendsOneMessage()) {
            throw Status.UNIMPLEMENTED
                    .withDescription(method.getFullMethodName() + " takes exactly one message")
                    .asException();
        }
    }

    @Override
    public void request(int numMessages) {
        requested.release(numMessages);
    }

    @Override
    public void sendHeaders(Metadata headers) {
        write(() -> response.headers(headers));
    }

    @Override
    public void sendMessage(A message) {
        try {
            byte[] content = codec.response(message, types);
            write(() -> response.message(content));
        } catch (StatusException failure) {
            finish(failure.getStatus());
        }
    }

    /** Writes a part of a response, unless the call is over. */
    private void write(Writing writing) {
        try {
            synchronized (lock) {
                if (!closed) {
                    writing.write();
                }
            }
        } catch (IOException gone) {
            disconnected();
        }
    }

    /** A part of a response. */
    @FunctionalInterface
    private interface Writing {
        void write() throws IOException;
    }

    @Override
    public void close(Status status, Metadata trailers) {
        if (endWith(status, trailers)) {
            events.add(new Event.Over<>());
        }
    }

    /** Writes the end; returns false if the call was over before. */
    private boolean endWith(Status status, Metadata trailers) {
        synchronized (lock) {
            if (closed) {
                return false;
            }
            closed = true;
            try {
                response.end(status, trailers);
            } catch (IOException gone) {
                cancelled = true;
            }
            return true;
        }
    }

    private boolean isOver() {
        synchronized (lock) {
            return closed;
        }
    }

    @Override
    public boolean isCancelled() {
        return cancelled;
    }

    @Override
    public boolean isReady() {
        return !cancelled;
    }

    @Override
    public Attributes getAttributes() {
        return Attributes.EMPTY;
    }

    @Override
    public MethodDescriptor<Q, A> getMethodDescriptor() {
        return method;
    }
}
