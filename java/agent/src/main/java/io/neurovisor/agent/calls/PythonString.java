package io.neurovisor.agent.calls;

import java.util.List;
import java.util.Optional;

/**
 * A Python string literal.
 *
 * @param end the position after the literal
 */
record PythonString(String value, int end) {
    private static final List<String> QUOTES = List.of("\"\"\"", "'''", "\"", "'");

    static Optional<PythonString> at(String text, int from) {
        int start = from;
        boolean isRaw = false;
        if (start < text.length() && "rRuU".indexOf(text.charAt(start)) >= 0) {
            isRaw = "rR".indexOf(text.charAt(start)) >= 0;
            start++;
        }
        for (String quote : QUOTES) {
            if (text.startsWith(quote, start)) {
                return read(text, start + quote.length(), quote, isRaw);
            }
        }
        return Optional.empty();
    }

    private static Optional<PythonString> read(String text, int from, String quote, boolean isRaw) {
        int position = from;
        while (position < text.length()) {
            if (text.startsWith(quote, position)) {
                String written = text.substring(from, position);
                return Optional.of(
                        new PythonString(isRaw ? written : StringEscapes.decode(written), position + quote.length()));
            }
            position += text.charAt(position) == '\\' ? 2 : 1;
        }
        return Optional.empty();
    }
}
