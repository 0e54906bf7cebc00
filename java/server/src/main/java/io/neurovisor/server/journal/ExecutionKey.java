package io.neurovisor.server.journal;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.regex.Pattern;

/**
 * By which a client names one execution, however often it asks for it. Each tenant's are its own.
 *
 * @param value 1 to 128 printable characters of ASCII
 */
public record ExecutionKey(String tenant, String value) {
    private static final Pattern FORM = Pattern.compile("[!-~]{1,128}");

    public ExecutionKey {
        requireNonNull(tenant, "tenant is null");
        if (!FORM.matcher(value).matches()) {
            throw NeuroVisorException.invalid(
                    "idempotency_key",
                    "the idempotency key has " + value.length()
                            + " characters; use 1 to 128 printable ones without blanks, such as a UUID");
        }
    }

    /** Two requests are two executions, and a key names one. */
    public static NeuroVisorException reused() {
        return NeuroVisorException.invalid(
                "idempotency_key", "the idempotency key was used for another request; use a new one for each");
    }
}
