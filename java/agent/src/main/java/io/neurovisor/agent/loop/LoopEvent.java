package io.neurovisor.agent.loop;

/** An event in a run. */
sealed interface LoopEvent {
    /** The run began. */
    record Begun() implements LoopEvent {}

    /**
     * The model replied.
     *
     * @param calls the number of calls in the reply
     * @param hasAnswer whether the reply contains text for the user
     * @param tokens the tokens read and written for the reply
     */
    record Replied(int calls, boolean hasAnswer, int tokens) implements LoopEvent {}

    /** All calls of the turn have a result. */
    record Executed() implements LoopEvent {}

    /** The run was stopped from outside of the loop. */
    record Stopped(AgentEnd end) implements LoopEvent {}
}
