package io.neurovisor.agent.loop;

/** Runs programs, each where nothing of another is. Called from many threads at once. */
@FunctionalInterface
public interface CodeRunner {
    /**
     * Blocks until the program has ended, however it did. Interrupting the thread kills the program; what there is of it is
     * returned or a {@link io.neurovisor.engine.fault.NeuroVisorException} is thrown, as it is where no sandbox can be had.
     */
    CodeResult run(CodeRequest request);
}
