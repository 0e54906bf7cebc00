package io.neurovisor.server.grpc;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How much all requests together may take of the memory, from their first byte until nobody works for them any more: one
 * that finds no room is refused, and the process lives on.
 *
 * <ul>
 *   <li>A call is charged for its bytes as they arrive, also for those of a message that never becomes whole.
 *   <li>The first {@link #FREE_BYTES} of each are free, so that usual requests are served while large ones find no room; what
 *       they take is bounded by the number of calls.
 * </ul>
 */
final class InboundMemory extends ServerStreamTracer.Factory {
    static final int FREE_BYTES = 64 << 10;

    /** A request is in the memory up to twice: as it came and as what was made of it; a half of the heap is for all else. */
    private static final int SHARE_OF_HEAP = 4;

    private static final Context.Key<Share> SHARE = Context.key("inbound-memory");

    private final long mostBytes;
    private final AtomicLong bytes = new AtomicLong();

    InboundMemory(long mostBytes) {
        this.mostBytes = mostBytes;
    }

    static InboundMemory ofThisProcess() {
        return new InboundMemory(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }

    /** What the call that is served here has. */
    static Share current() {
        Share share = SHARE.get();
        return share == null ? new InboundMemory(Long.MAX_VALUE).new Share() : share;
    }

    /** What is charged now. */
    long bytes() {
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

    /** What one call has of it: until its stream is closed, and every {@link #hold} has been given back. */
    final class Share extends ServerStreamTracer {
        private final Lock lock = new ReentrantLock();

        // Guarded by the lock.
        private int holders = 1;
        private long used;
        private long charged;
        private boolean found = true;
        private Runnable refusal = () -> {};
        private Runnable ending = () -> {};

        /** Runs this once, when the stream is closed and no thread works for the call. */
        void onEnd(Runnable action) {
            lock.lock();
            try {
                if (holders > 0) {
                    ending = action;
                    return;
                }
            } finally {
                lock.unlock();
            }
            action.run();
        }

        /** What is to be done, once, when the call's bytes find no room, or have found none before. */
        void onExcess(Runnable action) {
            boolean late;
            lock.lock();
            try {
                refusal = action;
                late = !found;
            } finally {
                lock.unlock();
            }
            if (late) {
                action.run();
            }
        }

        /** Charges for more; false when there is no room for it. */
        boolean take(long more) {
            lock.lock();
            try {
                used += more;
                long missing = Math.max(0, used - FREE_BYTES) - charged;
                if (holders == 0 || missing <= 0) {
                    return found;
                }
                found = found && InboundMemory.this.take(missing);
                charged += found ? missing : 0;
                return found;
            } finally {
                lock.unlock();
            }
        }

        /** For work that needs the request and may outlive the stream. To be closed once. */
        Hold hold() {
            lock.lock();
            try {
                if (holders > 0) {
                    holders++;
                    return this::release;
                }
                return () -> {}; // The client has gone before the work began, which then ends at once.
            } finally {
                lock.unlock();
            }
        }

        private void release() {
            lock.lock();
            try {
                if (--holders == 0) {
                    bytes.addAndGet(-charged);
                    ending.run();
                }
            } finally {
                lock.unlock();
            }
        }

        @Override
        public Context filterContext(Context context) {
            return context.withValue(SHARE, this);
        }

        /** Called as the parts of a message arrive, before it is whole. */
        @Override
        public void inboundWireSize(long more) {
            if (!take(more)) {
                Runnable action;
                lock.lock();
                try {
                    action = refusal;
                } finally {
                    lock.unlock();
                }
                action.run();
            }
        }

        @Override
        public void streamClosed(Status status) {
            release();
        }
    }

    /** A request that is still needed. */
    @FunctionalInterface
    interface Hold extends AutoCloseable {
        @Override
        void close();
    }
}
