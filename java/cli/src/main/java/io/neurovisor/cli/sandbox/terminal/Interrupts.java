package io.neurovisor.cli.sandbox.terminal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.function.IntConsumer;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C while a process runs: the first sends SIGINT to it, the second SIGKILL, the third detaches from it. While it is
 * being started, the first is kept for it, and the second cancels its start. Thread-safe: the JVM reports each signal in a
 * thread of its own.
 */
public final class Interrupts implements AutoCloseable {
    private static final String NAME = "INT";
    private static final int SIGINT = 2;
    private static final int SIGKILL = 9;

    private final Thread command = Thread.currentThread();
    private final Object lock = new Object();

    @GuardedBy("lock")
    private int count;

    @GuardedBy("lock")
    private @Nullable IntConsumer process;

    private final Object formerHandler = Signals.register(NAME, this::received);

    /**
     * Directs the interrupts of this command to a process.
     *
     * @param signal sends a signal to the process, which has started
     */
    public void aim(IntConsumer signal) {
        boolean kept;
        synchronized (lock) {
            process = signal;
            kept = count > 0;
        }
        if (kept) {
            send(signal, SIGINT);
        }
    }

    private void received() {
        int number;
        IntConsumer target;
        synchronized (lock) {
            count++;
            number = count;
            target = process;
        }
        // Signals are sent without the lock, because a daemon that does not answer must not hold up the next Ctrl-C.
        if (number > (target == null ? 1 : 2)) {
            command.interrupt();
        } else if (target != null) {
            send(target, number == 1 ? SIGINT : SIGKILL);
        }
    }

    private static void send(IntConsumer target, int signal) {
        try {
            target.accept(signal);
        } catch (NeuroVisorException ended) {
            // The process has ended, or its connection: the command ends by itself.
        }
    }

    @Override
    public void close() {
        Signals.unregister(NAME, formerHandler);
    }
}
