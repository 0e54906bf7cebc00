package io.neurovisor.server.client;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A pause before a condition is checked again, or as a part of a measurement. */
public final class Pause {
    private Pause() {}

    /** Blocks for this time; throws {@link Fault#INTERRUPTED} if the thread is interrupted. */
    public static void of(Duration time) {
        try {
            boolean _ = new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupt) {
            throw NeuroVisorException.interrupted("cancelled", interrupt);
        }
    }
}
