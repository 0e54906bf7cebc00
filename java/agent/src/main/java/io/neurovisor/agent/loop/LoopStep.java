package io.neurovisor.agent.loop;

/** The next step of a run. */
sealed interface LoopStep {
    /**
     * Asks the model.
     *
     * @param iteration counted from 1
     * @param afterNothing whether the previous reply was empty, which the request then points out
     */
    record Ask(int iteration, boolean afterNothing) implements LoopStep {}

    /** Executes the calls of the reply. */
    record Execute() implements LoopStep {}

    /** Ends the run. */
    record Finish(AgentEnd end) implements LoopStep {}
}
