package io.neurovisor.bench.measure;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;

/** What must be true of an attempt, or it has failed. */
public final class Requirement {
    private Requirement() {}

    public static void hold(boolean right, String otherwise) {
        if (!right) {
            throw new NeuroVisorException(Fault.TOOL_FAILED, otherwise);
        }
    }
}
