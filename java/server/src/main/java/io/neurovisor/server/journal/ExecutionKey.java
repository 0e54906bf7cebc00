package io.neurovisor.server.journal;

import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.regex.Pattern;

/**
 * The key by which a tenant identifies one execution across repeated requests.
 *
 * @param value 1 to 128 printable ASCII characters
 */
public record ExecutionKey(String tenant, String value) {
    private static final Pattern FORM = Pattern.compile("[!-~]{1,128}");

    public ExecutionKey {
        if (!FORM.matcher(value).matches()) {
            throw NeuroVisorException.invalid(
                    "idempotency_key",
                    "the idempotency key has " + value.length()
                            + " characters; use 1 to 128 printable characters without spaces, such as a UUID");
        }
    }

    /** Returns the error for a key that is used for a second request. */
    public static NeuroVisorException reused() {
        return NeuroVisorException.invalid(
                "idempotency_key", "the idempotency key was used for another request; use a new one for each");
    }
}
