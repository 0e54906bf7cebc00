package io.neurovisor.agent.loop;

import static java.util.Objects.requireNonNull;

/** What has happened in a run. */
sealed interface LoopEvent {
    /** The run begins. */
    record Begun() implements LoopEvent {}

    /**
     * The model has replied.
     *
     * @param calls how many there are in it
     * @param hasAnswer whether there is text for a person
     * @param tokens what was read and written for it
     */
    record Replied(int calls, boolean hasAnswer, int tokens) implements LoopEvent {}

    /** All calls of the turn have a result. */
    record Executed() implements LoopEvent {}

    /** Something outside of the loop ends it. */
    record Stopped(AgentEnd end) implements LoopEvent {
        public Stopped {
            requireNonNull(end, "end is null");
        }
    }
}
