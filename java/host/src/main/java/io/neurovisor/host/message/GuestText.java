package io.neurovisor.host.message;

import io.neurovisor.engine.text.Harmless;

/** Text that a guest may have chosen, made fit for a message: one line, bounded, nothing that steers a terminal. */
public final class GuestText {
    private static final int MAX_CHARACTERS = 500;

    private GuestText() {}

    /** The whole in one line; of a long one the end. */
    public static String line(String text) {
        String line = Harmless.lines(text.strip().replaceAll("\\s*\\R\\s*", " | "));
        return line.length() <= MAX_CHARACTERS ? line : "…" + line.substring(line.length() - MAX_CHARACTERS);
    }
}
