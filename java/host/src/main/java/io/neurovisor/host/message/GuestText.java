package io.neurovisor.host.message;

import io.neurovisor.engine.text.UntrustedText;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Text that a guest may have chosen, made fit for a message: one line, bounded, nothing that steers a terminal. */
public final class GuestText {
    private static final int MAX_CHARACTERS = 500;
    private static final Pattern LINE_END = Pattern.compile("\\R");

    private GuestText() {}

    /** The whole in one line; of a long one the end. */
    public static String line(String text) {
        // By lines and not by a pattern of blanks around their ends, which looks at a mebibyte of blanks once for each
        // of them.
        String line = UntrustedText.lines(LINE_END.splitAsStream(text)
                        .map(String::strip)
                        .filter(part -> !part.isEmpty())
                        .collect(Collectors.joining(" | ")))
                .replace('\t', ' ');
        // The cut may go through a character of two halves.
        return line.length() <= MAX_CHARACTERS
                ? line
                : "…" + UntrustedText.lines(line.substring(line.length() - MAX_CHARACTERS));
    }
}
