package io.neurovisor.server.config;

import io.neurovisor.engine.program.FilePath;
import java.nio.file.Path;

/** What a user wrote, made fit for one line of an error message. */
final class Shown {
    private static final int MAX_CHARACTERS = 60;

    private Shown() {}

    static String path(Path path) {
        return FilePath.shown(path.toString());
    }

    static String text(String written) {
        String shown = FilePath.shown(written);
        return shown.codePointCount(0, shown.length()) > MAX_CHARACTERS
                ? shown.substring(0, shown.offsetByCodePoints(0, MAX_CHARACTERS)) + "…"
                : shown;
    }
}
