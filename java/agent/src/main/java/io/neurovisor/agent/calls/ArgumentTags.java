package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.model.ToolCall;
import java.util.Optional;
import java.util.Set;

/** Calls as GLM writes them: a name, then tagged pairs: {@code <arg_key>code</arg_key><arg_value>...</arg_value>}. */
final class ArgumentTags {
    private static final String KEY = "<arg_key>";
    private static final String KEY_END = "</arg_key>";
    private static final String VALUE = "<arg_value>";
    private static final String VALUE_END = "</arg_value>";
    private static final int MAX_PAIRS = 32;

    private ArgumentTags() {}

    static Optional<ToolCall> read(String body, Set<String> tools) {
        int position = body.indexOf(KEY);
        if (position < 0) {
            return Optional.empty();
        }
        String name = body.substring(0, position).strip();
        if (!tools.contains(name)) {
            return Optional.empty();
        }
        ObjectNode arguments = JsonNodeFactory.instance.objectNode();
        for (int pair = 0; position >= 0 && pair < MAX_PAIRS; pair++) {
            int keyEnd = body.indexOf(KEY_END, position);
            int value = keyEnd < 0 ? -1 : body.indexOf(VALUE, keyEnd);
            int valueEnd = value < 0 ? -1 : body.indexOf(VALUE_END, value);
            if (valueEnd < 0) {
                return Optional.empty();
            }
            arguments.put(
                    body.substring(position + KEY.length(), keyEnd).strip(),
                    body.substring(value + VALUE.length(), valueEnd));
            position = body.indexOf(KEY, valueEnd);
        }
        return Optional.of(new ToolCall("", name, arguments.toString()));
    }
}
