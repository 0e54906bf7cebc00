package io.neurovisor.server.grpc.guard;

import static java.util.Objects.requireNonNull;

import io.grpc.Context;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.neurovisor.server.access.Tenant;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The response of one call, from the start of the call until the transport has sent everything. The first {@link
 * #FREE_BYTES} are not charged, so that ordinary responses are sent while large ones are rejected.
 */
public final class PendingResponse extends ServerStreamTracer {
    static final int FREE_BYTES = 64 << 10;

    private static final Context.Key<PendingResponse> CURRENT = Context.key("response");

    private final String method;
    private final OutboundMemory memory;
    private final Consumer<PendingResponse> closed;
    private final SendProgress progress;
    private final AtomicLong messages = new AtomicLong();
    private volatile Context.@Nullable CancellableContext context;
    private volatile BooleanSupplier idle = () -> true;
    private final Object lock = new Object();

    // Guarded by the lock.
    private String tenant = "";
    private long used;
    private long charged;
    private boolean ended;

    /** @param closed is called when the transport has sent everything or has given up */
    PendingResponse(String method, OutboundMemory memory, SendProgress progress, Consumer<PendingResponse> closed) {
        this.method = method;
        this.memory = memory;
        this.progress = progress;
        this.closed = closed;
    }

    public static PendingResponse current() {
        return requireNonNull(CURRENT.get(), "no call is running");
    }

    /**
     * Charges the tenant of the running call for more memory; calls without a tenant are charged together. Returns false,
     * without effect, if that exceeds a limit.
     */
    public boolean take(long more) {
        synchronized (lock) {
            long missing = Math.max(0, used + more - FREE_BYTES) - charged;
            if (ended || missing <= 0) {
                used += more;
                return true;
            }
            tenant = Tenant.current().map(Tenant::label).orElse("");
            if (!memory.take(tenant, missing)) {
                return false;
            }
            used += more;
            charged += missing;
            return true;
        }
    }

    /**
     * Charges the tenant as {@link #take} does, but throws {@code RESOURCE_EXHAUSTED} with a retry delay if that
     * exceeds a limit.
     */
    public void require(long more) {
        if (!take(more)) {
            throw RequestGuard.busy("the memory for unsent responses is used up");
        }
    }

    /** Gives back memory that {@link #take} or {@link #require} has charged. */
    public void release(long less) {
        synchronized (lock) {
            used -= less;
            long excess = charged - Math.max(0, used - FREE_BYTES);
            if (!ended && excess > 0) {
                charged -= excess;
                memory.giveBack(tenant, excess);
            }
        }
    }

    <Q, A> ServerCall<Q, A> sentBy(ServerCall<Q, A> call) {
        idle = call::isReady;
        return new SimpleForwardingServerCall<>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                // After this, only the end of the stream shows that everything has been sent.
                idle = () -> false;
                super.close(status, trailers);
            }
        };
    }

    String method() {
        return method;
    }

    /** Returns whether the client has read nothing for that long. Not thread-safe. */
    boolean isUnread(long nowNanos, Duration timeout) {
        return progress.isOverdue(idle.getAsBoolean(), messages.get(), nowNanos, timeout);
    }

    /** Resets the stream, discards unsent data and cancels the call. Returns false if it was already cancelled. */
    boolean cancel(String reason) {
        Context.CancellableContext known = context;
        // gRPC's own context of the call is a child of this one, and resets the stream for an expired deadline.
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
        synchronized (lock) {
            ended = true;
            memory.giveBack(tenant, charged);
            charged = 0;
        }
        closed.accept(this);
    }
}
