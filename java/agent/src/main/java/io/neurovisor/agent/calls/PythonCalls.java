package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.model.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Calls in Python syntax on separate lines: {@code execute_code(language="python", code="...")}. */
final class PythonCalls implements CallFormat {
    /** The names of positional arguments. */
    private static final List<String> POSITIONS = List.of("language", "code");

    private static final int MAX_CALLS = 64;

    @Override
    public Optional<FoundCalls> at(Source source, int from) {
        return source.startsLine(from)
                ? call(source, from).filter(found -> source.endsLine(found.end()))
                : Optional.empty();
    }

    /** Reads one call, or several in brackets. */
    static Optional<FoundCalls> call(Source source, int from) {
        if (source.text().charAt(from) != '[') {
            return one(source, from);
        }
        List<ToolCall> calls = new ArrayList<>();
        int position = source.skipSpace(from + 1);
        while (position < source.text().length() && calls.size() < MAX_CALLS) {
            Optional<FoundCalls> found = one(source, position);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            calls.addAll(found.get().calls());
            position = source.skipSpace(found.get().end());
            if (position >= source.text().length()) {
                return Optional.empty();
            }
            char next = source.text().charAt(position);
            if (next == ']') {
                return Optional.of(new FoundCalls(position + 1, calls));
            }
            position = source.skipSpace(next == ',' ? position + 1 : position);
        }
        return Optional.empty();
    }

    private static Optional<FoundCalls> one(Source source, int from) {
        String text = source.text();
        Optional<String> name = source.tools().stream()
                .filter(tool -> text.startsWith(tool + "(", from))
                .findFirst();
        if (name.isEmpty()) {
            return Optional.empty();
        }
        ObjectNode arguments = JsonNodeFactory.instance.objectNode();
        int position = source.skipSpace(from + name.get().length() + 1);
        for (int index = 0; index < POSITIONS.size() + 2; index++) {
            if (position < text.length() && text.charAt(position) == ')') {
                return Optional.of(
                        new FoundCalls(position + 1, List.of(new ToolCall("", name.get(), arguments.toString()))));
            }
            String key = index < POSITIONS.size() ? POSITIONS.get(index) : "";
            int nameEnd = endOfWord(text, position);
            int equals = source.skipSpace(nameEnd);
            if (nameEnd > position && equals < text.length() && text.charAt(equals) == '=') {
                key = text.substring(position, nameEnd);
                position = source.skipSpace(equals + 1);
            }
            Optional<PythonString> value = PythonString.at(text, position);
            if (value.isEmpty() || key.isEmpty()) {
                return Optional.empty();
            }
            arguments.put(key, value.get().value());
            position = source.skipSpace(value.get().end());
            if (position < text.length() && text.charAt(position) == ',') {
                position = source.skipSpace(position + 1);
            }
        }
        return Optional.empty();
    }

    private static int endOfWord(String text, int from) {
        int end = from;
        while (end < text.length() && (Character.isLetterOrDigit(text.charAt(end)) || text.charAt(end) == '_')) {
            end++;
        }
        return end;
    }
}
