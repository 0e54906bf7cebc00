package io.neurovisor.lab;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.regex.Pattern;

/** The name of a lab machine, which becomes part of a path. */
public record LabName(String text) {
    private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9-]{0,31}");

    public LabName {
        if (!FORM.matcher(text).matches()) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "--name \"%s\" is not allowed; use 1 to 32 lowercase letters, digits and dashes"
                            .formatted(text.length() > 40 ? text.substring(0, 40) + "..." : text));
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
