package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads text between markers, which should contain only calls. */
final class CallBody {
    /** The name of a tool; a non-letter and the arguments as JSON follow. */
    private static final Pattern NAME = Pattern.compile("(?:functions\\.)?([A-Za-z_][A-Za-z0-9_]{0,63})(?::\\d{1,4})?");

    private static final Pattern FENCE = Pattern.compile("```(?:json)?");
    private static final int MAX_CALLS = 64;

    private CallBody() {}

    /** Returns the calls; empty if the text contains anything else than calls of known tools. */
    static List<ToolCall> read(String body, Set<String> tools) {
        Source source = new Source(body.strip(), tools);
        List<ToolCall> calls = new ArrayList<>();
        int position = separators(source, 0);
        while (position < source.text().length()) {
            int from = position;
            Optional<FoundCalls> found = TagCalls.tag(source, from)
                    .or(() -> TagCalls.named(source, from))
                    .or(() -> PythonCalls.call(source, from))
                    .or(() -> named(source, from))
                    .or(() -> json(source, from));
            if (found.isEmpty() || found.get().end() <= from || calls.size() >= MAX_CALLS) {
                return calls.isEmpty() ? halfQuoted(source) : List.of();
            }
            calls.addAll(found.get().calls());
            position = separators(source, found.get().end());
        }
        return calls;
    }

    private static List<ToolCall> halfQuoted(Source source) {
        return HalfQuoted.read(source.text(), source.tools())
                .map(half -> List.of(half.call()))
                .orElse(List.of());
    }

    private static Optional<FoundCalls> json(Source source, int from) {
        return LooseJson.at(source.text(), from).flatMap(value -> {
            List<ToolCall> calls = JsonCalls.of(value.node(), source.tools());
            return calls.isEmpty() ? Optional.empty() : Optional.of(new FoundCalls(value.end(), calls));
        });
    }

    /** Reads {@code execute_code {...}}, with any markers before and in between. */
    private static Optional<FoundCalls> named(Source source, int from) {
        Matcher name = NAME.matcher(source.text()).region(from, source.text().length());
        if (!name.lookingAt()) {
            return Optional.empty();
        }
        if (!source.tools().contains(name.group(1))) {
            // "function<|tool_sep|>execute_code": the kind, then the name.
            int next = separators(source, name.end());
            return next == name.end() || !name.group(1).equals("function") ? Optional.empty() : named(source, next);
        }
        int brace = separators(source, name.end());
        return LooseJson.at(source.text(), brace)
                .filter(value -> value.node().isObject())
                .map(value -> new FoundCalls(
                        value.end(),
                        List.of(new ToolCall("", name.group(1), value.node().toString()))));
    }

    /** Skips what has no meaning between calls: white space, commas, semicolons, fences and special tokens. */
    private static int separators(Source source, int from) {
        String text = source.text();
        int position = from;
        while (position < text.length()) {
            int next = position;
            if (Character.isWhitespace(text.charAt(position)) || ",;".indexOf(text.charAt(position)) >= 0) {
                next = position + 1;
            } else if (text.startsWith("```", position)) {
                Matcher fence = FENCE.matcher(text).region(position, text.length());
                next = fence.lookingAt() ? fence.end() : position;
            } else {
                next = endOfToken(text, position);
            }
            if (next == position) {
                return position;
            }
            position = next;
        }
        return position;
    }

    private static int endOfToken(String text, int position) {
        String end = text.startsWith("<|", position) ? "|>" : text.startsWith("<｜", position) ? "｜>" : "";
        if (end.isEmpty()) {
            return text.startsWith("[ARGS]", position) ? position + "[ARGS]".length() : position;
        }
        int close = text.indexOf(end, position + 2);
        return close < 0 || close - position > 64 ? position : close + end.length();
    }
}
