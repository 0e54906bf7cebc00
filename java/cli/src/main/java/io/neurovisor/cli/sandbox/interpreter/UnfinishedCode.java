package io.neurovisor.cli.sandbox.interpreter;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Decides whether a cell goes on after its last line. It looks at brackets, quotes and indentation alone, which is right for
 * usual code of any language; an empty line ends each cell that is not within brackets or a text of several lines.
 */
final class UnfinishedCode {
    private static final String OPENING = "([{";
    private static final String CLOSING = ")]}";

    private UnfinishedCode() {}

    static boolean goesOn(String code) {
        String last = code.substring(code.lastIndexOf('\n') + 1);
        if (code.isBlank()) {
            return false;
        }
        if (isOpen(code) || last.endsWith("\\")) {
            return true;
        }
        boolean block = last.stripTrailing().endsWith(":") || last.startsWith(" ") || last.startsWith("\t");
        return block && !last.isBlank();
    }

    /** Returns whether a bracket, or a text that may have several lines, is open at the end. */
    private static boolean isOpen(String code) {
        Deque<Character> brackets = new ArrayDeque<>();
        String quote = "";
        for (int index = 0; index < code.length(); index++) {
            char character = code.charAt(index);
            if (!quote.isEmpty()) {
                if (character == '\\') {
                    index++;
                } else if (code.startsWith(quote, index)) {
                    index += quote.length() - 1;
                    quote = "";
                } else if (character == '\n' && quote.length() == 1 && !quote.equals("`")) {
                    // Such a text cannot go on: the interpreter reports the error.
                    quote = "";
                }
            } else if (character == '#') {
                int end = code.indexOf('\n', index);
                index = end < 0 ? code.length() : end;
            } else if (character == '"' || character == '\'' || character == '`') {
                String triple = String.valueOf(character).repeat(3);
                quote = code.startsWith(triple, index) ? triple : String.valueOf(character);
                index += quote.length() - 1;
            } else if (OPENING.indexOf(character) >= 0) {
                brackets.push(CLOSING.charAt(OPENING.indexOf(character)));
            } else if (!brackets.isEmpty() && brackets.peek() == character) {
                brackets.pop();
            }
        }
        return !brackets.isEmpty() || quote.length() == 3 || quote.equals("`");
    }
}
