package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ToolCall;

/** Hears what a run does, as it does it and in that order. All calls come from the run's own thread. */
public interface AgentListener extends ReplyListener {
    /** Hears nothing. */
    AgentListener NONE = new AgentListener() {};

    /** The model is asked for the so-manieth time. */
    default void iteration(int number, String model) {}

    @Override
    default void text(String piece) {}

    @Override
    default void retry(String reason) {}

    /** The model wants this. */
    default void called(ToolCall call) {}

    /** This has become of it. */
    default void executed(ToolCall call, CodeRequest request, CodeResult result) {}

    /** This was wrong with it, and nothing was run. */
    default void refused(ToolCall call, String reason) {}

    /** The conversation has one more message. */
    default void said(Message message) {}

    default void ended(AgentResult result) {}
}
