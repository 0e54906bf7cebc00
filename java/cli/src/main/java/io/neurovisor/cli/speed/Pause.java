package io.neurovisor.cli.speed;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Time that passes because it is a part of what is measured. */
final class Pause {
    private Pause() {}

    static void of(Duration time) {
        try {
            boolean _ = new CountDownLatch(1).await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new NeuroVisorException(Fault.INTERRUPTED, "cancelled", interrupt);
        }
    }
}
