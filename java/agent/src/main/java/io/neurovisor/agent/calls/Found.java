package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.List;

/**
 * Calls that were found in a text.
 *
 * @param end the position after the last character that belongs to them
 */
record Found(int end, List<ToolCall> calls) {
    Found {
        calls = List.copyOf(calls);
    }
}
