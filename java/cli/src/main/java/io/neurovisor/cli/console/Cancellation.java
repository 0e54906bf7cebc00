package io.neurovisor.cli.console;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Makes Ctrl-C and SIGTERM cancel what the command does and leave nothing behind: the command's thread is interrupted, says
 * what there is to say, and the JVM ends when every virtual machine has. Without it they would end a moment later, by the
 * spawner.
 */
public final class Cancellation implements AutoCloseable {
    /** For the command to print its last words. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Thread command = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final Duration patience;
    private final Runnable afterwards;
    private final Thread hook = new Thread(this::cancel, "cancellation");
    private volatile boolean requested;

    private Cancellation(Duration patience, Runnable afterwards) {
        this.patience = requireNonNull(patience, "patience is null");
        this.afterwards = requireNonNull(afterwards, "afterwards is null");
    }

    /** @param machines ends every machine of the command */
    public static Cancellation closing(Runnable machines) {
        return registered(new Cancellation(PATIENCE, machines));
    }

    /** For programs that a daemon runs: it is told that nobody listens any more. */
    public static Cancellation ofDaemonsWork() {
        return unwinding(PATIENCE);
    }

    /** For work without virtual machines: the JVM waits until the command has removed what it had begun. */
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
            // The hook runs already, or is about to.
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
