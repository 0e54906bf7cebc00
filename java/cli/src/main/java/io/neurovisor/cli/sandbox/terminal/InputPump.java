package io.neurovisor.cli.sandbox.terminal;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends standard input to a process, as fast as it reads; the process sees the end of the input. Closing it ends the
 * calls, so that their connection can be closed; a thread that waits for input is left alone.
 */
public final class InputPump implements AutoCloseable {
    /** Ctrl-]. */
    private static final byte LEAVE = 0x1d;

    /** The time in which the daemon has to answer a call. */
    private static final Duration ANSWER = Duration.ofSeconds(30);

    private static final int BUFFER_BYTES = 64 << 10;

    /** The time in which the end of a process arrives after it has refused input, and a call under way is answered. */
    private static final Duration END_IS_NEAR = Duration.ofSeconds(2);

    private final GuestProcesses processes;
    private final ProcessSelector process;
    private final InputStream input;
    private final Runnable leave;
    private final boolean leaves;
    private final Consumer<String> problem;
    private final CountDownLatch ended = new CountDownLatch(1);
    /** Held during each call. */
    private final ReentrantLock calls = new ReentrantLock();

    private @Nullable ProcessInput stream;

    /**
     * Creates a pump, which does nothing until {@link #start}.
     *
     * @param leave runs when Ctrl-] is read, after which no more input is sent
     * @param leaves whether Ctrl-] is not sent but runs {@code leave}
     */
    public InputPump(
            GuestProcesses processes,
            ProcessSelector process,
            InputStream input,
            Runnable leave,
            boolean leaves,
            Consumer<String> problem) {
        this.processes = processes;
        this.process = process;
        this.input = input;
        this.leave = leave;
        this.leaves = leaves;
        this.problem = problem;
    }

    /** Starts a thread, which the JVM does not wait for: it may read a terminal. */
    public void start() {
        Thread.ofPlatform().daemon().name("input").start(this::run);
    }

    private void run() {
        try {
            boolean more = call(this::open);
            byte[] buffer = new byte[BUFFER_BYTES];
            while (more) {
                int count = read(buffer);
                more = call(() -> send(buffer, count));
            }
        } catch (NeuroVisorException exception) {
            report(exception);
        }
    }

    /** Returns the number of bytes, or -1 at the end of the input and when it cannot be read. */
    private int read(byte[] buffer) {
        try {
            return input.read(buffer);
        } catch (IOException exception) {
            problem.accept("standard input cannot be read: " + exception.getMessage());
            return -1;
        }
    }

    /** Makes a call unless the process has ended; returns whether more are to be made. */
    private boolean call(BooleanSupplier step) {
        calls.lock();
        try {
            return ended.getCount() > 0 && step.getAsBoolean();
        } finally {
            calls.unlock();
        }
    }

    private boolean open() {
        stream = processes.streamInput(process, Deadline.after(ANSWER, Ticker.SYSTEM));
        return true;
    }

    private boolean send(byte[] buffer, int count) {
        ProcessInput target = requireNonNull(stream);
        if (count < 0) {
            target.finish();
            processes.closeInput(process, Deadline.after(ANSWER, Ticker.SYSTEM));
            return false;
        }
        int end = leaves ? indexOfLeave(buffer, count) : count;
        target.write(ByteBuffer.wrap(buffer, 0, end));
        if (end == count) {
            return true;
        }
        target.finish();
        leave.run();
        return false;
    }

    private static int indexOfLeave(byte[] buffer, int count) {
        int index = 0;
        while (index < count && buffer[index] != LEAVE) {
            index++;
        }
        return index;
    }

    /** A process that has ended takes no input, which is not a problem. */
    private void report(NeuroVisorException exception) {
        try {
            if (!ended.await(END_IS_NEAR.toNanos(), TimeUnit.NANOSECONDS)) {
                problem.accept("the process receives no more input: " + exception.getMessage());
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        ended.countDown();
        try {
            if (calls.tryLock(END_IS_NEAR.toNanos(), TimeUnit.NANOSECONDS)) {
                try {
                    if (stream != null) {
                        stream.close();
                    }
                } finally {
                    calls.unlock();
                }
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }
}
