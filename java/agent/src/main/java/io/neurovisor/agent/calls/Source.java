package io.neurovisor.agent.calls;

import java.util.Set;

/** A text that is searched for calls, with the names of the known tools. */
record Source(String text, Set<String> tools) {
    private static final String STARTERS = "<[{`A";

    Source {
        tools = Set.copyOf(tools);
    }

    /** Returns whether a call may begin here: a cheap test that rules out nearly all prose. */
    boolean mayBegin(int position) {
        char first = text.charAt(position);
        return STARTERS.indexOf(first) >= 0
                || (startsLine(position) && tools.stream().anyMatch(tool -> text.startsWith(tool, position)));
    }

    /** Returns whether only blanks precede the position on its line. */
    boolean startsLine(int position) {
        int index = position - 1;
        while (index >= 0 && (text.charAt(index) == ' ' || text.charAt(index) == '\t')) {
            index--;
        }
        return index < 0 || text.charAt(index) == '\n' || text.charAt(index) == '\r' || endsMarker(index);
    }

    boolean startsLine(int position, String beginning) {
        return text.startsWith(beginning, position) && startsLine(position);
    }

    /** Returns whether only blanks and markers of a chat template follow on the line. */
    boolean endsLine(int position) {
        int index = skipBlanks(position);
        return index >= text.length()
                || text.charAt(index) == '\n'
                || text.charAt(index) == '\r'
                || text.startsWith("<|", index)
                || text.startsWith("</", index)
                || text.startsWith("<end_of_turn>", index);
    }

    /** Returns the position after the fence that begins here and its line feed; the end of the text if the fence is not closed. */
    int endOfFence(int position) {
        int close = closingFence(position);
        if (close < 0) {
            return text.length();
        }
        int end = Math.min(text.length(), close + 4);
        return end < text.length() && text.charAt(end) == '\n' ? end + 1 : end;
    }

    /** Returns the position of the line feed before the closing fence; -1 if there is none. */
    int closingFence(int position) {
        int close = text.indexOf("\n```", position + 3);
        while (close >= 0 && !isFenceAlone(close + 1)) {
            close = text.indexOf("\n```", close + 1);
        }
        return close;
    }

    int skipSpace(int position) {
        int index = position;
        while (index < text.length() && Character.isWhitespace(text.charAt(index))) {
            index++;
        }
        return index;
    }

    int skipBlanks(int position) {
        int index = position;
        while (index < text.length() && (text.charAt(index) == ' ' || text.charAt(index) == '\t')) {
            index++;
        }
        return index;
    }

    /** Returns whether a token such as {@code <|start_header|>} ends here: calls may follow it on the same line. */
    private boolean endsMarker(int index) {
        return text.charAt(index) == '>'
                && index > 0
                && (text.charAt(index - 1) == '|' || text.charAt(index - 1) == '｜');
    }

    /** Returns whether the fence has no language; one with a language opens another block. */
    private boolean isFenceAlone(int position) {
        return endsLine(position + 3);
    }
}
