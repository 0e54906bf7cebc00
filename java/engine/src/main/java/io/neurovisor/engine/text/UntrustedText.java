package io.neurovisor.engine.text;

import java.util.regex.Pattern;

/** Takes from a stranger's text all that a terminal would obey, and what shows text in another order than it is written. */
public final class UntrustedText {
    /** Controls of both ranges, halves of characters, marks of direction, separators that some terminals break lines at. */
    private static final String OBEYED =
            "\\p{Cc}\\p{Cs}\\u061C\\u200E\\u200F\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069";

    private static final Pattern BUT_LINES = Pattern.compile("[" + OBEYED + "&&[^\n\t]]+");
    private static final Pattern ALL = Pattern.compile("[" + OBEYED + "]+");

    private UntrustedText() {}

    /** May have lines. */
    public static String lines(String text) {
        return BUT_LINES.matcher(text).replaceAll("");
    }

    /** Is one line, which cannot begin another one that looks like ours. */
    public static String line(String text) {
        return ALL.matcher(text).replaceAll(" ");
    }
}
