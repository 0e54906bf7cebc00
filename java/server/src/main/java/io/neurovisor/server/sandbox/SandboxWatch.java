package io.neurovisor.server.sandbox;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** The events that one client waits for, of which at most {@link #MOST_UNREAD} are kept. */
public final class SandboxWatch implements AutoCloseable {
    static final int MOST_UNREAD = 1024;

    private final Consumer<SandboxWatch> closed;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final Deque<SandboxChange> unread = new ArrayDeque<>();

    @GuardedBy("lock")
    private Optional<NeuroVisorException> end = Optional.empty();

    SandboxWatch(Consumer<SandboxWatch> closed) {
        this.closed = closed;
    }

    void add(SandboxChange change) {
        lock.lock();
        try {
            if (end.isPresent()) {
                return;
            }
            if (unread.size() == MOST_UNREAD) {
                unread.clear();
                end = Optional.of(new NeuroVisorException(
                        Fault.WATCH_LIMIT,
                        "the watch has left %d events unread and was ended; list the sandboxes and watch again"
                                .formatted(MOST_UNREAD)));
            } else {
                unread.add(change);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void stop() {
        lock.lock();
        try {
            end = end.or(() -> Optional.of(stopping()));
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    static NeuroVisorException stopping() {
        return new NeuroVisorException(
                Fault.STOPPING, "NeuroVisor is shutting down; its sandboxes are paused or have ended");
    }

    /**
     * Returns the next event; blocks until there is one. Interrupting the thread ends the wait.
     *
     * @throws NeuroVisorException {@code WATCH_LIMIT} if too many events were left unread, {@code STOPPING} if the
     *     daemon ends
     */
    public SandboxChange next() {
        lock.lock();
        try {
            while (unread.isEmpty()) {
                if (end.isPresent()) {
                    throw end.get();
                }
                changed.await();
            }
            return unread.remove();
        } catch (InterruptedException exception) {
            throw NeuroVisorException.interrupted("the watch was interrupted", exception);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        closed.accept(this);
    }
}
