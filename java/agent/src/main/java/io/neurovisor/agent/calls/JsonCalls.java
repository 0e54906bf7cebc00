package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.model.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads calls from JSON in its various shapes. JSON that does not name a known tool is not a call. */
final class JsonCalls {
    private static final List<String> NAMES =
            List.of("name", "tool", "tool_name", "function", "function_name", "action", "recipient_name");
    private static final List<String> ARGUMENTS =
            List.of("arguments", "parameters", "args", "input", "action_input", "tool_input", "kwargs");
    private static final List<String> LISTS = List.of("tool_calls", "function_calls", "calls", "tool_uses");
    private static final int MAX_CALLS = 64;

    private JsonCalls() {}

    /** Returns the calls in the node; empty if any part of it is not a call. */
    static List<ToolCall> of(JsonNode node, Set<String> tools) {
        if (node.isArray()) {
            return ofAll(node, tools);
        }
        for (String list : LISTS) {
            if (node.path(list).isArray()) {
                return ofAll(node.path(list), tools);
            }
        }
        return one(node, tools).map(List::of).orElse(List.of());
    }

    private static List<ToolCall> ofAll(JsonNode array, Set<String> tools) {
        List<ToolCall> calls = new ArrayList<>();
        for (JsonNode element : array) {
            Optional<ToolCall> call = one(element, tools);
            if (call.isEmpty() || calls.size() == MAX_CALLS) {
                return List.of();
            }
            calls.add(call.get());
        }
        return calls;
    }

    private static Optional<ToolCall> one(JsonNode node, Set<String> tools) {
        if (!node.isObject()) {
            return Optional.empty();
        }
        // {"type": "function", "function": {...}}, as in the OpenAI protocol.
        if (node.path("function").isObject()) {
            return one(node.path("function"), tools);
        }
        for (String tool : tools) {
            if (node.size() == 1 && node.path(tool).isObject()) {
                return Optional.of(new ToolCall("", tool, node.path(tool).toString()));
            }
        }
        for (String key : NAMES) {
            String name = toolName(node.path(key).asText(""));
            if (tools.contains(name)) {
                return Optional.of(new ToolCall("", name, arguments(node, key)));
            }
        }
        return Optional.empty();
    }

    /** Returns the name without the prefix and number that some models write: {@code functions.execute_code:0}. */
    static String toolName(String written) {
        String name = written.strip();
        name = name.startsWith("functions.") ? name.substring("functions.".length()) : name;
        int colon = name.indexOf(':');
        return colon < 0 ? name : name.substring(0, colon);
    }

    /** Returns the arguments: next to the name, as a nested object, or as a string. */
    private static String arguments(JsonNode node, String nameKey) {
        for (String key : ARGUMENTS) {
            JsonNode value = node.path(key);
            if (value.isTextual()) {
                return value.asText();
            }
            if (!value.isMissingNode()) {
                return value.toString();
            }
        }
        ObjectNode rest = node.deepCopy();
        rest.remove(nameKey);
        return rest.toString();
    }
}
