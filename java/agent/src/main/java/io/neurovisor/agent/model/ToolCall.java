package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

/**
 * A tool call requested by a model, not validated.
 *
 * @param id the id that the result refers to; generated if the server assigns none
 * @param name the name of the tool as the model wrote it; empty if the call is unreadable
 * @param arguments the arguments as the model wrote them, not necessarily valid JSON
 */
public record ToolCall(String id, String name, String arguments) {
    public ToolCall {
        requireNonNull(id, "id is null");
        requireNonNull(name, "name is null");
        requireNonNull(arguments, "arguments is null");
    }
}
