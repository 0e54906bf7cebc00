package io.neurovisor.host.message;

import io.neurovisor.engine.text.UntrustedText;
import java.util.List;

/** Prepares a guest's console for an error message: its last lines, without control characters. */
public final class ConsoleText {
    private static final int LINES = 4;
    private static final int LINE_CHARACTERS = 200;

    private ConsoleText() {}

    /**
     * Returns the last lines, joined into one.
     *
     * @param text the untrusted content of the console
     */
    public static String tail(String text) {
        List<String> lines = text.lines()
                .map(line -> UntrustedText.lines(
                                line.replaceAll("\\e\\[[0-9;?]*[A-Za-z]", "").replace('\t', ' '))
                        .strip())
                .filter(line -> !line.isEmpty())
                .map(line -> line.length() > LINE_CHARACTERS
                        ? UntrustedText.lines(line.substring(0, LINE_CHARACTERS)) + "…"
                        : line)
                .toList();
        return String.join(" | ", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
    }
}
