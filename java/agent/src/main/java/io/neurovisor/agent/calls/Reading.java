package io.neurovisor.agent.calls;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.model.ToolCall;
import java.util.List;

/**
 * What a model's text says.
 *
 * @param thinking what the model wrote for itself
 * @param answer what is left for a person, without thinking and calls
 * @param calls in the order in which they were written; one whose name is empty was meant to be a call and is not readable
 */
public record Reading(String thinking, String answer, List<ToolCall> calls) {
    public Reading {
        requireNonNull(thinking, "thinking is null");
        requireNonNull(answer, "answer is null");
        calls = List.copyOf(calls);
    }
}
