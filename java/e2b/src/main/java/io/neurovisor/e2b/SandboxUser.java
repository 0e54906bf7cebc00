package io.neurovisor.e2b;

/** The user of a sandbox, who is the only one. */
public final class SandboxUser {
    public static final String NAME = "user";

    private static final String ROOT = "root";

    private SandboxUser() {}

    /** Answers a request for another user with 401. */
    public static void check(String name) {
        if (name.equals(ROOT)) {
            throw HttpFailure.of(401, "sandboxes have no root: programs run as " + NAME);
        }
        if (!name.equals(NAME)) {
            throw HttpFailure.of(401, "there is no user of this name; the user is " + NAME);
        }
    }
}
