package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What one call sends, from its beginning until the transport has sent all of it. The first {@link #FREE_BYTES} are free, so that
 * usual answers are sent while large ones find no room.
 */
final class Answer extends ServerStreamTracer {
    static final int FREE_BYTES = 64 << 10;

    private static final Context.Key<Answer> CURRENT = Context.key("answer");

    private final String method;
    private final AnswerMemory memory;
    private final Consumer<Answer> closed;
    private final SendProgress progress;
    private final AtomicLong messages = new AtomicLong();
    private volatile Context.@Nullable CancellableContext context;
    private volatile BooleanSupplier idle = () -> true;
    private final Lock lock = new ReentrantLock();

    // Guarded by the lock.
    private String tenant = "";
    private long used;
    private long charged;
    private boolean ended;

    /** @param closed is called when the transport has sent everything, or never will */
    Answer(String method, AnswerMemory memory, SendProgress progress, Consumer<Answer> closed) {
        this.method = requireNonNull(method, "method is null");
        this.memory = requireNonNull(memory, "memory is null");
        this.progress = requireNonNull(progress, "progress is null");
        this.closed = requireNonNull(closed, "closed is null");
    }

    /** Returns that of the call which is served here. */
    static Answer current() {
        return requireNonNull(CURRENT.get(), "no call is served here");
    }

    /** Charges the tenant of the call that is served here for more memory; false, and no more is charged, without room. */
    boolean take(long more) {
        lock.lock();
        try {
            long missing = Math.max(0, used + more - FREE_BYTES) - charged;
            if (ended || missing <= 0) {
                used += more;
                return true;
            }
            tenant = TenantExecutions.tenant().label();
            if (!memory.take(tenant, missing)) {
                return false;
            }
            used += more;
            charged += missing;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** The same, with {@code RESOURCE_EXHAUSTED} and a delay without room. */
    void require(long more) {
        if (!take(more)) {
            throw RequestGuard.busy("answers that wait to be sent have all the memory that there is for them");
        }
    }

    /** Returns the call by which the answer is sent, in place of the given one. */
    <Q, A> ServerCall<Q, A> sentBy(ServerCall<Q, A> call) {
        idle = call::isReady;
        return new SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                // From now on nothing but the end of the stream tells that all has been sent.
                idle = () -> false;
                super.close(status, trailers);
            }
        };
    }

    String method() {
        return method;
    }

    /** Returns whether its client has read nothing for that long. By one thread. */
    boolean isUnread(long nowNanos, Duration patience) {
        return progress.isOverdue(idle.getAsBoolean(), messages.get(), nowNanos, patience);
    }

    /** Resets the stream, whatever waits to be sent, and cancels the call for its service. Returns false when it was before. */
    boolean cancel(String reason) {
        Context.CancellableContext known = context;
        // The server's own context of the call is a child of this one, and resets the stream for an expired deadline.
        return known != null && known.cancel(new TimeoutException(reason));
    }

    @Override
    public Context filterContext(Context parent) {
        Context.CancellableContext own = parent.withValue(CURRENT, this).withCancellation();
        context = own;
        return own;
    }

    @Override
    public void outboundMessage(int number) {
        messages.incrementAndGet();
    }

    @Override
    public void streamClosed(Status status) {
        lock.lock();
        try {
            ended = true;
            memory.giveBack(tenant, charged);
        } finally {
            lock.unlock();
        }
        closed.accept(this);
    }
}
