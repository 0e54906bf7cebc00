package io.neurovisor.engine.interpreter;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.regex.Pattern;

/** The name of a context, which its guest has chosen: 32 hexadecimal digits. */
public record ContextId(String value) {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{32}");

    public ContextId {
        if (!FORM.matcher(value).matches()) {
            throw NeuroVisorException.invalid("context_id", "must be 32 hexadecimal digits");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
