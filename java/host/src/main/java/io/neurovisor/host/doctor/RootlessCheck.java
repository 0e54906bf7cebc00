package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

/** Checks whether each VMM runs with its own uid. */
record RootlessCheck(String user) implements Check {
    private static final String NAME = "uids";

    RootlessCheck {
        requireNonNull(user, "user is null");
    }

    @Override
    public Finding examine() {
        return user.equals("root")
                ? Finding.pass(NAME, "started as root, so each VMM has its own uid")
                : Finding.warn(
                        NAME,
                        "rootless: VMMs share the uid of " + user,
                        "start NeuroVisor as root, which gives each VMM its own uid without privileges");
    }
}
