package io.neurovisor.server.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.neurovisor.engine.time.Deadline;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Counts the calls that may finish when the daemon ends. Calls about sandboxes are not among them, because sandboxes last
 * until they are ended.
 */
public final class UnfinishedCalls implements ServerInterceptor {
    private static final String SANDBOXES = "neurovisor.sandbox.";

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private int calls;

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (!call.getMethodDescriptor().getFullMethodName().startsWith(SANDBOXES)) {
            add(1);
            Context.current().addListener(_ -> add(-1), Runnable::run);
        }
        return next.startCall(call, headers);
    }

    private void add(int more) {
        lock.lock();
        try {
            calls += more;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until no call is left. Returns false if the deadline passes first. */
    public boolean awaitEnd(Deadline deadline) throws InterruptedException {
        lock.lock();
        try {
            while (calls > 0) {
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
