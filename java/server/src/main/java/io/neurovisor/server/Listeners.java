package io.neurovisor.server;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.sandbox.SandboxListener;

/** The listeners that a NeuroVisor notifies. */
public record Listeners(SandboxListener sandboxes, ExecutionListener executions) {
    /** Listeners that ignore all events. */
    public static final Listeners NONE = new Listeners(SandboxListener.NONE, ExecutionListener.NONE);
}
