package io.neurovisor.agent.loop;

/** Runs each program in a fresh machine. Called by many threads concurrently. */
@FunctionalInterface
public interface CodeRunner {
    /**
     * Blocks until the program has ended. Interrupting the thread kills the program; the partial result is returned or a
     * {@link io.neurovisor.engine.fault.NeuroVisorException} is thrown.
     *
     * @throws io.neurovisor.engine.fault.NeuroVisorException if no machine is available
     */
    CodeResult run(CodeRequest request);
}
