package io.neurovisor.engine.machine;

import io.neurovisor.engine.time.Ticker;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** Measures the steps of a machine and keeps those that have succeeded until they are taken. Thread-safe. */
final class MachineSteps {
    private final Ticker ticker;
    private final Queue<MachineStep> done = new ConcurrentLinkedQueue<>();

    MachineSteps(Ticker ticker) {
        this.ticker = ticker;
    }

    Ticker ticker() {
        return ticker;
    }

    <R> R measured(MachineStep.Kind kind, Supplier<R> work) {
        long startNanos = ticker.nanos();
        R result = work.get();
        boolean _ = done.add(new MachineStep(kind, startNanos, ticker.nanos()));
        return result;
    }

    void measured(MachineStep.Kind kind, Runnable work) {
        boolean _ = measured(kind, () -> {
            work.run();
            return true;
        });
    }

    /** Returns the steps since the last time. */
    List<MachineStep> take() {
        List<MachineStep> taken = new ArrayList<>();
        for (MachineStep step = done.poll(); step != null; step = done.poll()) {
            taken.add(step);
        }
        return taken;
    }
}
