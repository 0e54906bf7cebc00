package io.neurovisor.agent.calls;

import io.neurovisor.agent.model.ToolCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Finds the tool calls in a model's text. A call must name a known tool and stand for itself: between a family's markers, alone
 * in a fence, or on lines of its own. Prose with braces, code in a fence of its language and JSON that is an answer are never
 * taken for calls. Any text is read in bounded time, and none makes this fail.
 */
public final class CallText {
    /** Longer replies hold data, not calls; they are passed on unread. */
    static final int MAX_CHARACTERS = 1 << 20;

    /** Every attempt may read the rest of the text, so a text full of beginnings is given up. */
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
     * Takes the text apart.
     *
     * @param tools the names that calls may have
     */
    public static Reading read(String text, Set<String> tools) {
        if (text.length() > MAX_CHARACTERS) {
            return new Reading("", text, List.of());
        }
        Thinking thinking = Thinking.of(text);
        return scan(thinking.thought(), new Source(thinking.rest(), Set.copyOf(tools)));
    }

    private static Reading scan(String thought, Source source) {
        StringBuilder answer = new StringBuilder();
        List<ToolCall> calls = new ArrayList<>();
        int attempts = 0;
        int position = 0;
        int length = source.text().length();
        while (position < length) {
            int end = position;
            if (attempts < MAX_ATTEMPTS && source.mayBegin(position)) {
                attempts++;
                Optional<Found> found = find(source, position);
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
        return new Reading(thought, clean(answer), numbered(calls));
    }

    private static Optional<Found> find(Source source, int position) {
        for (CallFormat format : FORMATS) {
            Optional<Found> found = format.at(source, position);
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
