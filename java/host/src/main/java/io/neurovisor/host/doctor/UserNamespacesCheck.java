package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.jail.UserNamespaces;
import io.neurovisor.host.probe.HostFiles;

/** Checks whether VMMs can have their own namespaces. */
record UserNamespacesCheck(HostFiles files) implements Check {
    private static final String NAME = "user-namespaces";

    UserNamespacesCheck {
        requireNonNull(files, "files is null");
    }

    @Override
    public Finding examine() {
        return new UserNamespaces(files)
                .restriction()
                .map(restriction -> Finding.fail(NAME, restriction.reason(), restriction.fix()))
                .orElseGet(() -> Finding.pass(NAME, "allowed without privileges"));
    }
}
