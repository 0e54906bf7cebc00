package io.neurovisor.host.process;

/** A JVM shutdown hook that is registered while it is open. */
final class ShutdownHook implements AutoCloseable {
    private final Thread hook;

    private ShutdownHook(Thread hook) {
        this.hook = hook;
    }

    static ShutdownHook add(Runnable work) {
        Thread hook = Thread.ofPlatform().name("end-tools").unstarted(work);
        try {
            Runtime.getRuntime().addShutdownHook(hook);
        } catch (IllegalStateException shutdownHasBegun) {
            // The JVM is shutting down already, so the work is done in this thread.
            work.run();
        }
        return new ShutdownHook(hook);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException shutdownHasBegun) {
            // The hook is running or has run.
        }
    }
}
