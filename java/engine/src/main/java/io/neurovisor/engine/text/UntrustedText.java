package io.neurovisor.engine.text;

import java.util.regex.Pattern;

/**
 * Makes untrusted text safe to display: removes control characters that a terminal would obey and characters that
 * change the displayed order.
 */
public final class UntrustedText {
    /** Control characters, surrogates, marks of direction, and separators at which some terminals break lines. */
    private static final String OBEYED =
            "\\p{Cc}\\p{Cs}\\u061C\\u200E\\u200F\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069";

    private static final Pattern BUT_LINES = Pattern.compile("[" + OBEYED + "&&[^\n\t]]+");
    private static final Pattern ALL = Pattern.compile("[" + OBEYED + "]+");

    private UntrustedText() {}

    /** Returns the text without such characters, keeping line breaks and tabs. */
    public static String lines(String text) {
        return BUT_LINES.matcher(text).replaceAll("");
    }

    /** Returns the text as a single line, so that it cannot imitate a line of our own. */
    public static String line(String text) {
        return ALL.matcher(text).replaceAll(" ");
    }
}
