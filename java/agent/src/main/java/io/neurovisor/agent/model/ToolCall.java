package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

/**
 * A model's wish to have a tool used; nothing about it is checked yet.
 *
 * @param id as the server names it, to refer to from the result; ours where the server gives none
 * @param name the tool's, as the model wrote it; empty where a call could not be read
 * @param arguments JSON as the model wrote it, which may be no JSON at all
 */
public record ToolCall(String id, String name, String arguments) {
    public ToolCall {
        requireNonNull(id, "id is null");
        requireNonNull(name, "name is null");
        requireNonNull(arguments, "arguments is null");
    }
}
