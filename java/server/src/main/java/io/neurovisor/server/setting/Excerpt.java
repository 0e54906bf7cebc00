package io.neurovisor.server.setting;

import io.neurovisor.engine.program.FilePath;

/** Shortens and escapes user input for one line of an error message. */
final class Excerpt {
    private static final int MAX_CHARACTERS = 60;

    private Excerpt() {}

    static String of(String written) {
        String shown = FilePath.shown(written);
        return shown.codePointCount(0, shown.length()) > MAX_CHARACTERS
                ? shown.substring(0, shown.offsetByCodePoints(0, MAX_CHARACTERS)) + "…"
                : shown;
    }
}
