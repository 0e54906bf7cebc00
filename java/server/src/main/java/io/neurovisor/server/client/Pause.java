package io.neurovisor.server.client;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Time that passes because it is a part of what is done, or before somebody looks again. */
public final class Pause {
    private Pause() {}

    /** Ends early, with {@link Fault#INTERRUPTED}, for who is cancelled. */
    public static void of(Duration time) {
        try {
            boolean _ = new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "cancelled", interrupt);
        }
    }
}
