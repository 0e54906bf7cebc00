package io.neurovisor.engine.execution;

import io.neurovisor.engine.machine.Machine;
import java.time.Duration;
import java.util.List;

/** Passes each event to several listeners in their order. */
public record ExecutionListeners(List<ExecutionListener> all) implements ExecutionListener {
    public ExecutionListeners {
        all = List.copyOf(all);
    }

    @Override
    public void begun(ExecutionRequest request) {
        all.forEach(listener -> listener.begun(request));
    }

    @Override
    public void acquired(ExecutionRequest request, Machine machine, Duration acquireTime) {
        all.forEach(listener -> listener.acquired(request, machine, acquireTime));
    }

    @Override
    public void executed(ExecutionRequest request, ExecutionResult result) {
        all.forEach(listener -> listener.executed(request, result));
    }

    @Override
    public void failed(ExecutionRequest request, Throwable failure) {
        all.forEach(listener -> listener.failed(request, failure));
    }
}
