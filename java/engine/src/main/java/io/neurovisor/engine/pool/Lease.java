package io.neurovisor.engine.pool;

import io.neurovisor.engine.machine.Machine;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The right to use one fresh machine. Closing the lease kills the machine: its guest executes nothing more when the call
 * returns. The pool then removes the machine, which counts until nothing of it is left.
 */
public final class Lease implements AutoCloseable {
    private final long number;
    private final Machine machine;
    private final Runnable end;
    private final AtomicBoolean closed = new AtomicBoolean();

    Lease(long number, Machine machine, Runnable end) {
        this.number = number;
        this.machine = machine;
        this.end = end;
    }

    /** Returns the number of this lease; the leases of a pool are numbered from 1. */
    public long number() {
        return number;
    }

    public Machine machine() {
        return machine;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            end.run();
        }
    }
}
