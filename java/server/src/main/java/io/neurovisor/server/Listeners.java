package io.neurovisor.server;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.sandbox.SandboxListener;

/** Who hears of what a NeuroVisor does. */
public record Listeners(SandboxListener sandboxes, ExecutionListener executions) {
    /** Nobody does. */
    public static final Listeners NONE = new Listeners(SandboxListener.NONE, ExecutionListener.NONE);

    public Listeners {
        requireNonNull(sandboxes, "sandboxes is null");
        requireNonNull(executions, "executions is null");
    }
}
