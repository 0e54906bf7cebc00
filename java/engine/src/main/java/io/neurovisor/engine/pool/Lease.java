package io.neurovisor.engine.pool;

import io.neurovisor.engine.sandbox.Sandbox;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to use one fresh sandbox. Closing the lease kills the machine: its guest executes nothing more when the call
 * returns. The pool then removes the machine, which counts until nothing of it is left.
 */
public final class Lease implements AutoCloseable {
    private final long number;
    private final Sandbox sandbox;
    private final Runnable end;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(long number, Sandbox sandbox, Runnable end) {
        this.number = number;
        this.sandbox = sandbox;
        this.end = end;
    }

    /** Returns the number of this lease; the leases of a pool are numbered from 1. */
    public long number() {
        return number;
    }

    public Sandbox sandbox() {
        return sandbox;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            end.run();
        }
    }
}
