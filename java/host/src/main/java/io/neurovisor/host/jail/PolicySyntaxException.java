package io.neurovisor.host.jail;

import java.io.Serial;

/** What is wrong with one line of a policy; its number is known to whoever reads the file. */
final class PolicySyntaxException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    PolicySyntaxException(String message) {
        super(message);
    }
}
