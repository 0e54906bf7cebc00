package io.neurovisor.server;

import io.neurovisor.engine.execution.ExecutionListener;
import io.neurovisor.engine.machine.MachineListener;

/** The listeners that a NeuroVisor notifies. */
public record Listeners(MachineListener machines, ExecutionListener executions) {
    /** Listeners that ignore all events. */
    public static final Listeners NONE = new Listeners(MachineListener.NONE, ExecutionListener.NONE);
}
