package io.neurovisor.cli.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C while a process runs: the first sends SIGINT to it, the second SIGKILL, the third detaches from it. Before the
 * process has started, Ctrl-C cancels its start.
 */
final class Interrupts implements AutoCloseable {
    private static final String NAME = "INT";
    private static final int SIGINT = 2;
    private static final int SIGKILL = 9;

    private final Thread command = Thread.currentThread();
    private final AtomicInteger count = new AtomicInteger();
    private final Object formerHandler = Signals.register(NAME, this::received);
    private volatile @Nullable IntConsumer process;

    /** @param signal sends a signal to the process, which has started */
    void aim(IntConsumer signal) {
        process = signal;
    }

    private void received() {
        IntConsumer target = process;
        int number = count.incrementAndGet();
        if (target == null || number > 2) {
            command.interrupt();
            return;
        }
        try {
            target.accept(number == 1 ? SIGINT : SIGKILL);
        } catch (NeuroVisorException ended) {
            // The process has ended, or its connection: the command ends by itself.
        }
    }

    @Override
    public void close() {
        Signals.unregister(NAME, formerHandler);
    }
}
