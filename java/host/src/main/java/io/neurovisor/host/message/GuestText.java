package io.neurovisor.host.message;

import io.neurovisor.engine.text.UntrustedText;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Prepares untrusted text of a guest for a message: one bounded line without control characters. */
public final class GuestText {
    private static final int MAX_CHARACTERS = 500;
    private static final Pattern LINE_END = Pattern.compile("\\R");

    private GuestText() {}

    /** Returns the text as one line; of a long text only the end. */
    public static String line(String text) {
        // By lines, because a pattern for blanks around line ends would scan a mebibyte of blanks once for each of
        // them.
        String line = UntrustedText.lines(LINE_END.splitAsStream(text)
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining(" | ")))
                .replace('\t', ' ');
        // The cut may split a surrogate pair.
        return line.length() <= MAX_CHARACTERS
                ? line
                : "…" + UntrustedText.lines(line.substring(line.length() - MAX_CHARACTERS));
    }
}
