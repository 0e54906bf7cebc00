package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.CodeTool;

/** Runs the code that a model writes. Called by many threads concurrently, unless its tool runs one cell after the other. */
@FunctionalInterface
public interface CodeRunner {
    /**
     * Blocks until the program has ended. Interrupting the thread kills the program; the partial result is returned or a
     * {@link io.neurovisor.engine.fault.NeuroVisorException} is thrown.
     *
     * @throws io.neurovisor.engine.fault.NeuroVisorException if no machine is available
     */
    CodeResult run(CodeRequest request);

    /** Returns the tool that the model calls. */
    default CodeTool tool() {
        return CodeTool.PROGRAM;
    }
}
