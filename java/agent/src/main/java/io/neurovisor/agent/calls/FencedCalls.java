package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Calls in a fence that contains nothing else. A fence of a programming language always contains code. */
final class FencedCalls implements CallFormat {
    private static final String FENCE = "```";
    private static final Set<String> LANGUAGES = Set.of(
            "", "json", "json5", "jsonc", "tool", "tool_call", "tool_calls", "tool_code", "xml", "text", "plaintext");

    @Override
    public Optional<FoundCalls> at(Source source, int from) {
        if (!source.text().startsWith(FENCE, from) || !(source.startsLine(from) || followsLabel(source.text(), from))) {
            return Optional.empty();
        }
        int lineEnd = source.text().indexOf('\n', from);
        if (lineEnd < 0) {
            return Optional.empty();
        }
        String language =
                source.text().substring(from + FENCE.length(), lineEnd).strip().toLowerCase(Locale.ROOT);
        if (!LANGUAGES.contains(language)) {
            return Optional.empty();
        }
        int close = source.closingFence(from);
        int contentEnd = close < 0 ? source.text().length() : close;
        String content = source.text().substring(Math.min(lineEnd + 1, contentEnd), contentEnd);
        List<ToolCall> calls = CallBody.read(content, source.tools());
        return calls.isEmpty() ? Optional.empty() : Optional.of(new FoundCalls(source.endOfFence(from), calls));
    }

    /** Returns whether {@code Action:} precedes the fence, as Command R writes it. */
    private static boolean followsLabel(String text, int from) {
        return text.substring(Math.max(0, from - 8), from).strip().endsWith("Action:");
    }
}
