package io.neurovisor.agent.calls;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text split into the thinking of the model and the rest. An unclosed block extends to the end of the text. A closing tag without
 * an opening one, which occurs if the chat template has opened the block, ends a block that began with the text.
 */
record Thinking(String thought, String rest) {
    private static final List<Pattern> OPENINGS = List.of(
            Pattern.compile("<(think|thinking|thought|reasoning)>"),
            Pattern.compile("(\\[THINK])"),
            Pattern.compile("(<\\|channel\\|>analysis<\\|message\\|>)"));

    private static final List<String> STRAY_ENDS = List.of("</think>", "</thinking>", "[/THINK]");
    private static final int MAX_BLOCKS = 64;

    static Thinking of(String text) {
        Thinking result = withoutStrayEnd(text);
        for (Pattern opening : OPENINGS) {
            result = result.without(opening);
        }
        return result;
    }

    private static Thinking withoutStrayEnd(String text) {
        for (String end : STRAY_ENDS) {
            int close = text.indexOf(end);
            String opening = end.replace("/", "");
            int open = text.indexOf(opening);
            if (close >= 0 && (open < 0 || open > close) && !isQuoted(text, close)) {
                return new Thinking(text.substring(0, close).strip(), text.substring(close + end.length()));
            }
        }
        return new Thinking("", text);
    }

    private Thinking without(Pattern opening) {
        StringBuilder thoughts = new StringBuilder(thought);
        StringBuilder kept = new StringBuilder();
        Matcher matcher = opening.matcher(rest);
        int position = 0;
        int blocks = 0;
        while (blocks < MAX_BLOCKS && position <= rest.length() && matcher.find(position)) {
            if (isQuoted(rest, matcher.start())) {
                kept.append(rest, position, matcher.end());
                position = matcher.end();
                continue;
            }
            blocks++;
            kept.append(rest, position, matcher.start());
            String end = end(matcher.group(1));
            int close = rest.indexOf(end, matcher.end());
            int last = close < 0 ? rest.length() : close;
            thoughts.append(rest.substring(matcher.end(), last).strip());
            position = close < 0 ? rest.length() : close + end.length();
        }
        kept.append(rest, Math.min(position, rest.length()), rest.length());
        return new Thinking(thoughts.toString(), kept.toString());
    }

    private static String end(String opening) {
        if (opening.startsWith("[")) {
            return "[/THINK]";
        }
        return opening.startsWith("<") ? "<|end|>" : "</" + opening + ">";
    }

    /** Returns whether the tag is quoted, as in prose about the tag and in code that processes it. */
    private static boolean isQuoted(String text, int position) {
        return position > 0 && "`'\"".indexOf(text.charAt(position - 1)) >= 0;
    }
}
