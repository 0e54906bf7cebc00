package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the tool calls in the text of a model. A call must name a known tool and be set apart: by the markers of a model family, by
 * a fence, or by separate lines. Prose with braces, code in a fence of its language and JSON that is an answer are never
 * taken for calls. Every text is parsed in bounded time and without an exception.
 */
public final class CallText {
    /** Longer replies contain data, not calls; they are returned unparsed. */
    static final int MAX_CHARACTERS = 1 << 20;

    /** Each attempt may read the rest of the text, so parsing stops after this many. */
    private static final int MAX_ATTEMPTS = 256;

    private static final String FENCE = "```";
    private static final Pattern SPECIAL_TOKENS = Pattern.compile(
            "<\\|(?:eot_id|eom_id|im_end|im_start|end|end_of_text|endoftext|return|call|start|assistant|python_tag)\\|>"
                    + "|<end_of_turn>|</?s>|<｜end▁of▁sentence｜>");

    private static final List<CallFormat> FORMATS = List.of(
            new MarkedCalls(),
            new TagCalls(),
            new FencedCalls(),
            new ActionCalls(),
            new BareCalls(),
            new PythonCalls());

    private CallText() {}

    /**
     * Splits the text into thinking, answer and calls.
     *
     * @param tools the names that calls may have
     */
    public static ParsedReply read(String text, Set<String> tools) {
        if (text.length() > MAX_CHARACTERS) {
            return new ParsedReply("", text, List.of());
        }
        Thinking thinking = Thinking.of(text);
        return scan(thinking.thought(), new Source(thinking.rest(), Set.copyOf(tools)));
    }

    private static ParsedReply scan(String thought, Source source) {
        StringBuilder answer = new StringBuilder();
        List<ToolCall> calls = new ArrayList<>();
        int attempts = 0;
        int position = 0;
        int length = source.text().length();
        while (position < length) {
            int end = position;
            if (attempts < MAX_ATTEMPTS && source.mayBegin(position)) {
                attempts++;
                Optional<FoundCalls> found = find(source, position);
                if (found.isPresent()) {
                    calls.addAll(found.get().calls());
                    end = found.get().end();
                } else if (source.startsLine(position, FENCE)) {
                    end = source.endOfFence(position);
                    answer.append(source.text(), position, end);
                }
            }
            if (end == position) {
                answer.append(source.text().charAt(position));
                end++;
            }
            position = end;
        }
        return new ParsedReply(thought, clean(answer), numbered(calls));
    }

    private static Optional<FoundCalls> find(Source source, int position) {
        for (CallFormat format : FORMATS) {
            Optional<FoundCalls> found = format.at(source, position);
            // INVARIANT: a format consumes what it has found, so that the scan ends.
            if (found.isPresent() && found.get().end() > position) {
                return found;
            }
        }
        return Optional.empty();
    }

    private static String clean(StringBuilder answer) {
        return SPECIAL_TOKENS.matcher(answer).replaceAll("").strip();
    }

    private static List<ToolCall> numbered(List<ToolCall> calls) {
        List<ToolCall> numbered = new ArrayList<>();
        for (ToolCall call : calls) {
            numbered.add(new ToolCall("text_" + (numbered.size() + 1), call.name(), call.arguments()));
        }
        return numbered;
    }
}
