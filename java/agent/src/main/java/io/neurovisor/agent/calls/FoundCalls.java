package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.List;

/**
 * Calls found in a text.
 *
 * @param end the position after the last character that belongs to them
 */
record FoundCalls(int end, List<ToolCall> calls) {
    FoundCalls {
        calls = List.copyOf(calls);
    }
}
