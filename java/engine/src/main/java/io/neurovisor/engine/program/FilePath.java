package io.neurovisor.engine.program;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.text.UntrustedText;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The rules for paths of files that travel into or out of a guest. The guest agent has the same ones. */
public final class FilePath {
    /** As the kernel has them. */
    private static final int MAX_NAME_BYTES = 255;

    private static final int MAX_PATH_BYTES = 4000;
    private static final int MAX_SHOWN_CHARACTERS = 80;

    private FilePath() {}

    /** The path itself, or a fault that names it and what is wrong with it. */
    public static String checked(String path) {
        problem(path).ifPresent(problem -> {
            throw NeuroVisorException.invalid(
                    "files", "file path \"" + shown(path) + "\" " + problem + "; use plain names separated by slashes");
        });
        return path;
    }

    /** What keeps the path from travelling, as the end of a sentence; empty when nothing does. */
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

    /** The path as one short line of printable text. */
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
