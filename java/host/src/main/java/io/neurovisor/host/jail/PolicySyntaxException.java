package io.neurovisor.host.jail;

import java.io.Serial;

/** A syntax error in a line of a policy; the reader of the file adds the line number. */
final class PolicySyntaxException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    PolicySyntaxException(String message) {
        super(message);
    }
}
