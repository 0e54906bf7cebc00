package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ToolCall;

/** Receives the events of a run in order. All methods are called by the thread of the run. */
public interface AgentListener extends ReplyListener {
    /** Ignores all events. */
    AgentListener NONE = new AgentListener() {};

    /** A request to the model begins; the first one has number 1. */
    default void iteration(int number, String model) {}

    @Override
    default void text(String piece) {}

    @Override
    default void retry(String reason) {}

    /** The model requested a call. */
    default void called(ToolCall call) {}

    /** A call was executed. */
    default void executed(ToolCall call, CodeRequest request, CodeResult result) {}

    /** A call was rejected and not executed. */
    default void refused(ToolCall call, String reason) {}

    /** A message was added to the conversation. */
    default void said(Message message) {}

    default void ended(AgentResult result) {}
}
