package io.neurovisor.engine.program;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.text.UntrustedText;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The rules for paths of files that are sent to or received from a guest. The guest agent has the same rules. */
public final class FilePath {
    /** The limits of the Linux kernel. */
    private static final int MAX_NAME_BYTES = 255;

    private static final int MAX_PATH_BYTES = 4000;
    private static final int MAX_SHOWN_CHARACTERS = 80;

    private FilePath() {}

    /** Returns the path; throws a fault that names the path and its problem if it is not allowed. */
    public static String checked(String path) {
        problem(path).ifPresent(problem -> {
            throw NeuroVisorException.invalid(
                    "files", "file path \"" + shown(path) + "\" " + problem + "; use plain names separated by slashes");
        });
        return path;
    }

    /** Returns why the path is not allowed, as the end of a sentence; empty if it is allowed. */
    public static Optional<String> problem(String path) {
        if (path.isEmpty()) {
            return Optional.of("is empty");
        }
        if (path.startsWith("/")) {
            return Optional.of("is absolute");
        }
        if (path.codePoints().anyMatch(Character::isISOControl)) {
            return Optional.of("has a control character");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(path)) {
            return Optional.of("is not Unicode text");
        }
        if (path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES) {
            return Optional.of("is too long");
        }
        for (String name : path.split("/", -1)) {
            if (name.isEmpty()) {
                return Optional.of("has an empty part");
            }
            if (name.equals(".") || name.equals("..")) {
                return Optional.of("has a part that is \".\" or \"..\"");
            }
            if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES) {
                return Optional.of("has a part that is too long");
            }
        }
        return Optional.empty();
    }

    /** Returns the path as one short line of printable text. */
    public static String shown(String path) {
        StringBuilder shown = new StringBuilder();
        path.codePoints().limit(MAX_SHOWN_CHARACTERS).forEach(character -> {
            String one = Character.toString(character);
            if (!UntrustedText.line(one).equals(one)) {
                shown.append(String.format("\\u%04x", character));
            } else {
                shown.append(one);
            }
        });
        return path.length() > MAX_SHOWN_CHARACTERS ? shown + "…" : shown.toString();
    }
}
