package io.neurovisor.cli.screen;

import org.jline.utils.AttributedString;

/** The unfinished line of untrusted text in which the cursor stands; tracks the free columns behind the text. */
final class OpenLine {
    private int columns;
    private boolean open;
    private boolean even = true;

    /** Updates the position for text that was written to the terminal. */
    void append(String text) {
        int lineEnd = text.lastIndexOf('\n');
        if (lineEnd >= 0) {
            close();
        }
        String rest = text.substring(lineEnd + 1);
        int added = new AttributedString(rest).columnLength();
        columns += added;
        open |= !rest.isEmpty();
        even &= added == rest.codePointCount(0, rest.length()) && rest.indexOf('\t') < 0;
    }

    void close() {
        columns = 0;
        open = false;
        even = true;
    }

    boolean isOpen() {
        return open;
    }

    /** Returns the number of free columns behind the text; 0 if it is unknown, or if the terminal is about to wrap. */
    int room(int width) {
        // Where characters of two columns wrap depends on the terminal.
        boolean isKnown = even || columns < width;
        int column = columns % width;
        return isKnown && (column > 0 || columns == 0) ? width - 1 - column : 0;
    }
}
