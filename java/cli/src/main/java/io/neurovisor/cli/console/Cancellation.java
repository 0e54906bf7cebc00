package io.neurovisor.cli.console;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

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
    private final Thread hook = new Thread(this::cancel, "cancellation");
    private volatile boolean requested;

    private Cancellation(Duration patience, Runnable afterwards) {
        this.patience = patience;
        this.afterwards = afterwards;
    }

    /**
     * For work with virtual machines, which are stopped after the command has ended.
     *
     * @param machines stops every machine of the command
     */
    public static Cancellation closing(Runnable machines) {
        return registered(new Cancellation(PATIENCE, machines));
    }

    /** For programs that a daemon runs: the disconnect of the client cancels them. */
    public static Cancellation ofDaemonsWork() {
        return unwinding(PATIENCE);
    }

    /** For work without virtual machines: the JVM waits until the command has cleaned up. */
    public static Cancellation unwinding(Duration patience) {
        return registered(new Cancellation(patience, () -> {}));
    }

    private static Cancellation registered(Cancellation cancellation) {
        Runtime.getRuntime().addShutdownHook(cancellation.hook);
        return cancellation;
    }

    public boolean isRequested() {
        return requested;
    }

    @Override
    public void close() {
        ended.countDown();
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
