package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

/** What a run does next. */
sealed interface LoopStep {
    /**
     * The model is asked.
     *
     * @param iteration counted from 1
     * @param afterNothing whether it has just said nothing at all, which it has to be told
     */
    record Ask(int iteration, boolean afterNothing) implements LoopStep {}

    /** The calls of the reply are executed. */
    record Execute() implements LoopStep {}

    /** The run is over. */
    record Finish(AgentEnd end) implements LoopStep {
        public Finish {
            requireNonNull(end, "end is null");
        }
    }
}
