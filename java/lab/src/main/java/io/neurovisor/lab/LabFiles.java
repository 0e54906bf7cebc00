package io.neurovisor.lab;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/** The files of one lab machine on the host, in a directory that only its user can enter. */
record LabFiles(Path directory) {
    LabFiles {
        requireNonNull(directory, "directory is null");
    }

    /** What the machine reads when it starts. */
    Path seed() {
        return directory.resolve("seed");
    }

    Path hostKey() {
        return seed().resolve("host_key");
    }

    /** Opens the machine, and no other. */
    Path userKey() {
        return directory.resolve("user_key");
    }

    Path knownHosts() {
        return directory.resolve("known_hosts");
    }

    Path disk() {
        return directory.resolve("disk.img");
    }

    Path console() {
        return directory.resolve("console.log");
    }

    /** QEMU keeps it locked as long as it runs. */
    Path pid() {
        return directory.resolve("qemu.pid");
    }

    /** How the machine is reached; written when it is ready. */
    Path address() {
        return directory.resolve("address");
    }
}
