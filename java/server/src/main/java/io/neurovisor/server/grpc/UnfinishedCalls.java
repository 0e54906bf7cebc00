package io.neurovisor.server.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.neurovisor.engine.time.Deadline;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts the running calls, for the end of the daemon. */
public final class UnfinishedCalls implements ServerInterceptor {
    private static final String SANDBOXES = "neurovisor.sandbox.";

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Map<Kind, Integer> calls = new EnumMap<>(Kind.class);

    /** What ends a call. */
    public enum Kind {
        /** It ends by itself, or is cancelled after a time. */
        ORDINARY,
        /** It is about sandboxes and may last as long as these, which end with the daemon. */
        SANDBOX
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        boolean isSandbox = call.getMethodDescriptor().getFullMethodName().startsWith(SANDBOXES);
        Kind kind = isSandbox ? Kind.SANDBOX : Kind.ORDINARY;
        add(kind, 1);
        Context.current().addListener(_ -> add(kind, -1), Runnable::run);
        return next.startCall(call, headers);
    }

    private void add(Kind kind, int more) {
        lock.lock();
        try {
            calls.merge(kind, more, Integer::sum);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until no call of that kind is left. Returns false if the deadline passes first. */
    public boolean awaitEnd(Kind kind, Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (calls.getOrDefault(kind, 0) > 0) {
                if (deadline.hasPassed()) {
                    return false;
                }
                boolean _ = changed.await(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
