package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.List;

/**
 * The parts of a model's text.
 *
 * @param thinking the reasoning of the model
 * @param answer the text for the user, without thinking and calls
 * @param calls the calls in the order of the text; the name of an unreadable call is empty
 */
public record ParsedReply(String thinking, String answer, List<ToolCall> calls) {
    public ParsedReply {
        calls = List.copyOf(calls);
    }
}
