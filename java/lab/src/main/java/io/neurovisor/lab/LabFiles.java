package io.neurovisor.lab;

import java.nio.file.Path;

/** The files of a lab machine on the host, in a directory that only its user can enter. */
record LabFiles(Path directory) {
    /** Returns the file that the machine reads when it starts. */
    Path seed() {
        return directory.resolve("seed");
    }

    Path hostKey() {
        return seed().resolve("host_key");
    }

    /** Returns the private key that gives access to this machine only. */
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

    /** Returns the file that QEMU keeps locked while it runs. */
    Path pid() {
        return directory.resolve("qemu.pid");
    }

    /** Returns the file with the port of the machine, written when it is ready. */
    Path address() {
        return directory.resolve("address");
    }
}
