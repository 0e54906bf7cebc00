package io.neurovisor.server.grpc;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Optional;
import java.util.regex.Pattern;

/** What texts of clients may be that go to a language model. */
final class RequestText {
    static final int MAX_BYTES = 1 << 20;

    /** All that servers call their models, and nothing that a shell would obey: messages tell commands with it. */
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9._:/@+-]{1,256}");

    private RequestText() {}

    /** Something for a model to read. */
    static String readable(String field, String text, ByteString bytes, int maxBytes) {
        if (text.isBlank()) {
            throw NeuroVisorException.invalid(field, field + " is empty; say what the model shall do");
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

    /** Empty where the client names none. */
    static Optional<String> model(String name) {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        if (!MODEL.matcher(name).matches()) {
            throw NeuroVisorException.invalid(
                    "model",
                    "model is no name of a model; use at most 256 letters, digits and ._:/@+- such as \"llama3.2:1b\"");
        }
        return Optional.of(name);
    }
}
