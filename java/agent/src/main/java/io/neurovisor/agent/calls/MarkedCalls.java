package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Calls between the markers of a model family. Unreadable text between markers becomes a call without a name, so that the model
 * gets an error.
 */
final class MarkedCalls implements CallFormat {
    private record Marker(String open, List<String> ends) {}

    private static final List<Marker> MARKERS = List.of(
            new Marker("<tool_call>", List.of("</tool_call>", "<tool_call>")),
            new Marker("<tool_calls>", List.of("</tool_calls>")),
            new Marker("<minimax:tool_call>", List.of("</minimax:tool_call>")),
            new Marker("<function_calls>", List.of("</function_calls>")),
            new Marker("<|tool_call|>", List.of("<|/tool_call|>", "<|tool_call|>")),
            new Marker("<|tool_calls_section_begin|>", List.of("<|tool_calls_section_end|>")),
            new Marker("<｜tool▁calls▁begin｜>", List.of("<｜tool▁calls▁end｜>")),
            new Marker("[TOOL_CALLS]", List.of("</s>", "[TOOL_CALLS]")),
            new Marker("<|python_start|>", List.of("<|python_end|>")),
            new Marker("<|python_tag|>", List.of("<|eom_id|>", "<|eot_id|>")));

    /** The header of a channel, which names the tool in the format of gpt-oss. */
    private static final Pattern CHANNEL = Pattern.compile(
            "<\\|channel\\|>(?:commentary|analysis) to=functions\\.([A-Za-z_][A-Za-z0-9_]{0,63})[^{]{0,80}?<\\|message\\|>");

    @Override
    public Optional<FoundCalls> at(Source source, int from) {
        char first = source.text().charAt(from);
        if (first != '<' && first != '[') {
            return Optional.empty();
        }
        for (Marker marker : MARKERS) {
            if (source.text().startsWith(marker.open(), from)) {
                return between(source, from, marker);
            }
        }
        return channel(source, from);
    }

    private static Optional<FoundCalls> between(Source source, int from, Marker marker) {
        String text = source.text();
        int begin = from + marker.open().length();
        int close = text.length();
        int end = text.length();
        for (String candidate : marker.ends()) {
            int index = text.indexOf(candidate, begin);
            if (index >= 0 && index < close) {
                close = index;
                // The opening marker of the next call is not part of this one.
                end = candidate.equals(marker.open()) ? index : index + candidate.length();
            }
        }
        String body = text.substring(begin, close);
        List<ToolCall> calls = ArgumentTags.read(body, source.tools())
                .map(List::of)
                .orElseGet(() -> CallBody.read(body, source.tools()));
        if (!calls.isEmpty()) {
            return Optional.of(new FoundCalls(end, calls));
        }
        // In prose, a marker stands within a line.
        return source.startsLine(from) && !body.isBlank()
                ? Optional.of(new FoundCalls(end, List.of(new ToolCall("", "", body.strip()))))
                : Optional.empty();
    }

    private static Optional<FoundCalls> channel(Source source, int from) {
        Matcher matcher =
                CHANNEL.matcher(source.text()).region(from, source.text().length());
        if (!matcher.lookingAt()) {
            return Optional.empty();
        }
        int close = source.text().indexOf("<|call|>", matcher.end());
        int contentEnd = close < 0 ? source.text().length() : close;
        String arguments = source.text().substring(matcher.end(), contentEnd).strip();
        String name = matcher.group(1);
        ToolCall call = source.tools().contains(name)
                ? new ToolCall("", name, arguments)
                : new ToolCall("", "", name + " " + arguments);
        return Optional.of(new FoundCalls(close < 0 ? contentEnd : close + "<|call|>".length(), List.of(call)));
    }
}
