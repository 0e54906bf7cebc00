package io.neurovisor.cli.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.GuestProcesses;
import io.neurovisor.engine.process.ProcessInput;
import io.neurovisor.engine.process.ProcessSelector;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Sends standard input to a process until it ends, as fast as the process reads. The process sees the end of the input.
 *
 * @param leave runs when {@link #LEAVE} is read; the input is not sent any more
 */
record InputPump(
        GuestProcesses processes,
        ProcessSelector process,
        InputStream input,
        boolean leaves,
        Runnable leave,
        CountDownLatch ended,
        Consumer<String> problem) {
    /** Ctrl-]. */
    private static final byte LEAVE = 0x1d;

    private static final int BUFFER_BYTES = 64 << 10;

    /** A process that has ended takes no input; its end arrives within this time. */
    private static final Duration END_IS_NEAR = Duration.ofSeconds(2);

    /** Starts a thread, which the JVM does not wait for: it may read a terminal. */
    void start() {
        Thread.ofPlatform().daemon().name("input").start(this::run);
    }

    private void run() {
        try (ProcessInput stream = processes.streamInput(process, SandboxAccess.answer())) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
                int end = end(buffer, count);
                stream.write(ByteBuffer.wrap(buffer, 0, end));
                if (end < count) {
                    leave.run();
                    return;
                }
            }
            stream.finish();
            processes.closeInput(process, SandboxAccess.answer());
        } catch (IOException exception) {
            problem.accept("standard input cannot be read: " + exception.getMessage());
        } catch (NeuroVisorException exception) {
            report(exception);
        }
    }

    private int end(byte[] buffer, int count) {
        for (int i = 0; leaves && i < count; i++) {
            if (buffer[i] == LEAVE) {
                return i;
            }
        }
        return count;
    }

    private void report(NeuroVisorException exception) {
        try {
            if (!ended.await(END_IS_NEAR.toNanos(), TimeUnit.NANOSECONDS)) {
                problem.accept("the process receives no more input: " + exception.getMessage());
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }
}
