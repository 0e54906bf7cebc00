package io.neurovisor.cli.console;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Makes Ctrl-C and SIGTERM cancel a command cleanly. The command's thread is interrupted and prints its last messages; the JVM
 * exits after every virtual machine has. Without it the spawner would end the machines a moment later.
 */
public final class Cancellation implements AutoCloseable {
    /** For the last messages of the command. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Thread command = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Duration patience;
    private final Runnable afterwards;
    private final EndingSignal signal;
    private final Thread hook = new Thread(this::cancel, "cancellation");
    private volatile boolean requested;

    private Cancellation(Duration patience, Runnable afterwards, EndingSignal signal) {
        this.patience = patience;
        this.afterwards = afterwards;
        this.signal = signal;
    }

    /**
     * For work with virtual machines, which are stopped after the command has ended.
     *
     * @param machines stops every machine of the command
     */
    public static Cancellation closing(Runnable machines) {
        return registered(new Cancellation(PATIENCE, machines, EndingSignal.unwatched()));
    }

    /**
     * For a command that reports the signal which ended it.
     *
     * @param machines stops every machine of the command
     * @param lastWords receives the name of the signal after the machines have ended
     */
    public static Cancellation closing(Runnable machines, Consumer<String> lastWords) {
        EndingSignal signal = EndingSignal.watched();
        Runnable afterwards = () -> {
            machines.run();
            signal.name().ifPresent(lastWords);
        };
        return registered(new Cancellation(PATIENCE, afterwards, signal));
    }

    /** For programs that a daemon runs: the disconnect of the client cancels them. */
    public static Cancellation ofDaemonsWork() {
        return unwinding(PATIENCE);
    }

    /** For work without virtual machines: the JVM waits until the command has cleaned up. */
    public static Cancellation unwinding(Duration patience) {
        return registered(new Cancellation(patience, () -> {}, EndingSignal.unwatched()));
    }

    private static Cancellation registered(Cancellation cancellation) {
        Runtime.getRuntime().addShutdownHook(cancellation.hook);
        return cancellation;
    }

    public boolean isRequested() {
        return requested;
    }

    /** Returns the exit code of the work. What fails because of a cancellation is not reported as a failure. */
    public int guard(IntSupplier work) {
        try {
            return work.getAsInt();
        } catch (NeuroVisorException exception) {
            if (requested) {
                return ExitCode.CANCELLED;
            }
            throw exception;
        }
    }

    @Override
    public void close() {
        ended.countDown();
        signal.close();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shuttingDown) {
            // The hook is running, or about to run.
            requested = true;
        }
    }

    private void cancel() {
        requested = true;
        command.interrupt();
        try {
            boolean _ = ended.await(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
        }
        afterwards.run();
    }
}
