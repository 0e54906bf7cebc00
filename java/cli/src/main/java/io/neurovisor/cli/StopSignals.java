package io.neurovisor.cli;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;

/** SIGTERM and SIGINT as events: the first asks for an orderly end, the second for one at once. */
final class StopSignals {
    private static final List<String> NAMES = List.of("TERM", "INT");

    private final CountDownLatch first = new CountDownLatch(1);
    private final AtomicInteger count = new AtomicInteger();
    private volatile Runnable second = () -> {};

    private StopSignals() {}

    /** From now on they do not end the process. */
    static StopSignals take() {
        StopSignals signals = new StopSignals();
        NAMES.forEach(name -> Signals.register(name, signals::received));
        return signals;
    }

    void awaitFirst() throws InterruptedException {
        first.await();
    }

    /** What the second one does. */
    void onSecond(Runnable action) {
        second = action;
        if (count.get() > 1) {
            action.run();
        }
    }

    private void received() {
        if (count.incrementAndGet() == 1) {
            first.countDown();
        } else {
            second.run();
        }
    }
}
