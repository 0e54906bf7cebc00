package io.neurovisor.server.grpc.model;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Optional;
import java.util.regex.Pattern;

/** Checks the texts that clients send to a language model. */
public final class RequestText {
    static final int MAX_BYTES = 1 << 20;

    /**
     * Covers all names that model servers use but no shell metacharacters, because messages quote commands with the
     * name.
     */
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9._:/@+-]{1,256}");

    private RequestText() {}

    /**
     * Returns a text for a model.
     *
     * @throws NeuroVisorException {@code INVALID_ARGUMENT} if it is empty, too long or not readable
     */
    static String readable(String field, String text, ByteString bytes, int maxBytes) {
        if (text.isBlank()) {
            throw NeuroVisorException.invalid(field, field + " is empty; describe what the model should do");
        }
        if (bytes.size() > maxBytes) {
            throw NeuroVisorException.invalid(
                    field, "%s has %d bytes; at most %d are allowed".formatted(field, bytes.size(), maxBytes));
        }
        if (text.indexOf('\0') >= 0) {
            throw NeuroVisorException.invalid(
                    field, field + " has a NUL character at " + text.indexOf('\0') + "; leave it out");
        }
        return text;
    }

    /** Returns the name of a model; empty if the client names none. */
    public static Optional<String> model(String name) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        if (!MODEL.matcher(name).matches()) {
            throw NeuroVisorException.invalid(
                    "model",
                    "model is not a valid model name; use at most 256 letters, digits and ._:/@+- such as \"llama3.2:1b\"");
        }
        return Optional.of(name);
    }
}
