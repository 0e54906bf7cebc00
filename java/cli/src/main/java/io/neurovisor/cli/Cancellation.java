package io.neurovisor.cli;

import io.neurovisor.server.NeuroVisor;

/**
 * Makes Ctrl-C and SIGTERM leave nothing behind: the JVM ends only after every virtual machine has. Without it they would
 * end a moment later, by the spawner.
 */
final class Cancellation implements AutoCloseable {
    private final Thread hook;
    private volatile boolean requested;

    private Cancellation(NeuroVisor neuroVisor) {
        hook = new Thread(
                () -> {
                    requested = true;
                    neuroVisor.close();
                },
                "cancellation");
    }

    static Cancellation closing(NeuroVisor neuroVisor) {
        Cancellation cancellation = new Cancellation(neuroVisor);
        Runtime.getRuntime().addShutdownHook(cancellation.hook);
        return cancellation;
    }

    boolean isRequested() {
        return requested;
    }

    @Override
    public void close() {
        if (!requested) {
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }
}
