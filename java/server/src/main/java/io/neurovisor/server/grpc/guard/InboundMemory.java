package io.neurovisor.server.grpc.guard;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the memory of all requests, from the first byte until no thread works for the call. A request that exceeds the
 * bound is rejected instead of exhausting the heap.
 *
 * <ul>
 *   <li>A call is charged for its bytes as they arrive, including those of incomplete messages.
 *   <li>The first {@link #FREE_BYTES} of each call are free, so that ordinary requests are served while large ones are
 *       rejected; the limit of calls bounds what they use.
 * </ul>
 */
public final class InboundMemory extends ServerStreamTracer.Factory {
    public static final int FREE_BYTES = 64 << 10;

    /** A request is in memory twice, as bytes and as objects; the other half of the heap is for everything else. */
    private static final int SHARE_OF_HEAP = 4;

    private static final Context.Key<Share> SHARE = Context.key("inbound-memory");

    private final long mostBytes;
    private final AtomicLong bytes = new AtomicLong();

    public InboundMemory(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    public static InboundMemory ofThisProcess() {
        return new InboundMemory(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }

    public static Share current() {
        Share share = SHARE.get();
        return share == null ? new InboundMemory(Long.MAX_VALUE).new Share() : share;
    }

    public long bytes() {
        return bytes.get();
    }

    @Override
    public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
        return new Share();
    }

    private boolean take(long more) {
        if (bytes.addAndGet(more) <= mostBytes) {
            return true;
        }
        bytes.addAndGet(-more);
        return false;
    }

    /** The memory of one call, charged until its stream is closed and every {@link #hold} is released. */
    public final class Share extends ServerStreamTracer {
        private final Object lock = new Object();

        // Guarded by the lock.
        private int holders = 1;
        private long used;
        private long charged;
        private long newest;
        private boolean stream;
        private boolean found = true;
        private Runnable refusal = () -> {};
        private Runnable ending = () -> {};

        /**
         * Runs the action once, after the stream is closed and no thread works for the call; immediately if that is
         * already so.
         */
        void onEnd(Runnable action) {
            synchronized (lock) {
                if (holders > 0) {
                    ending = action;
                    return;
                }
            }
            action.run();
        }

        /** Runs the action once the call's bytes exceed the limit; immediately if they already have. */
        void onExcess(Runnable action) {
            boolean late;
            synchronized (lock) {
                refusal = action;
                late = !found;
            }
            if (late) {
                action.run();
            }
        }

        /** Charges the call for more bytes. Returns false if they exceed the limit. */
        boolean take(long more) {
            synchronized (lock) {
                used += more;
                long missing = Math.max(0, used - FREE_BYTES) - charged;
                if (holders == 0 || missing <= 0) {
                    return found;
                }
                found = found && InboundMemory.this.take(missing);
                charged += found ? missing : 0;
                return found;
            }
        }

        /**
         * Declares that the service takes the requests of this call one after another, for as long as it lasts: of these,
         * only the newest is in memory.
         */
        public void asStream() {
            synchronized (lock) {
                stream = true;
            }
        }

        /** Releases the charge of earlier requests of a stream. Returns false if the call is not a stream. */
        boolean takesNext() {
            synchronized (lock) {
                if (!stream) {
                    return false;
                }
                used = newest;
                newest = 0;
                long excess = Math.max(0, charged - Math.max(0, used - FREE_BYTES));
                charged -= excess;
                bytes.addAndGet(-excess);
                return true;
            }
        }

        /** Extends the charge beyond the end of the stream, for work that needs the request. Must be closed once. */
        public Hold hold() {
            synchronized (lock) {
                if (holders > 0) {
                    holders++;
                    return this::release;
                }
                return () -> {}; // The client has disconnected before the work began; the work then ends immediately.
            }
        }

        private void release() {
            synchronized (lock) {
                if (--holders == 0) {
                    bytes.addAndGet(-charged);
                    charged = 0; // A message that arrives late must not release it again.
                    ending.run();
                }
            }
        }

        @Override
        public Context filterContext(Context context) {
            return context.withValue(SHARE, this);
        }

        /** Called for each part of a message, before the message is complete. */
        @Override
        public void inboundWireSize(long more) {
            synchronized (lock) {
                newest += more;
            }
            if (!take(more)) {
                Runnable action;
                synchronized (lock) {
                    action = refusal;
                }
                action.run();
            }
        }

        @Override
        public void streamClosed(Status status) {
            release();
        }
    }

    @FunctionalInterface
    public interface Hold extends AutoCloseable {
        @Override
        void close();
    }
}
