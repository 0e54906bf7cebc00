package io.neurovisor.cli.serve;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.utils.Signals;

/** SIGTERM and SIGINT as events: the first signal requests an orderly shutdown, the second an immediate one. */
final class StopSignals {
    private static final List<String> NAMES = List.of("TERM", "INT");

    private final CompletableFuture<Void> first = new CompletableFuture<>();
    private final AtomicInteger count = new AtomicInteger();
    private volatile Runnable second = () -> {};

    private StopSignals() {}

    static StopSignals take() {
        StopSignals signals = new StopSignals();
        NAMES.forEach(name -> Signals.register(name, signals::received));
        return signals;
    }

    /** Returns a future that completes with the first signal. */
    CompletableFuture<Void> first() {
        return first;
    }

    void onSecond(Runnable action) {
        second = action;
        if (count.get() > 1) {
            action.run();
        }
    }

    private void received() {
        if (count.incrementAndGet() == 1) {
            first.complete(null);
        } else {
            second.run();
        }
    }
}
