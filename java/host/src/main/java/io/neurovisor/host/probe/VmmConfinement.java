package io.neurovisor.host.probe;

/** What confines a VMM, as far as it can be read off its process. */
public enum VmmConfinement {
    /** QEMU in bubblewrap: our filter, loaded before its first instruction, and its own; a user namespace. */
    BUBBLEWRAP(2, 0, true, false),

    /**
     * Firecracker in its jailer's chroot: its own filter for each thread. Its bounding set may hold what the jailer has
     * needed, which has no effect under no_new_privs: chown, dac_override, fowner, setgid, setuid, sys_chroot, sys_admin,
     * mknod. A jailer has to be root to make devices, so there is no user namespace. The root directory is its own, on a
     * file system that is mounted writable; how much it can write there is limited.
     */
    CHROOT(1, 0x82400cbL, false, true);

    private final int filters;
    private final long boundingSet;
    private final boolean userNamespace;
    private final boolean writableRoot;

    VmmConfinement(int filters, long boundingSet, boolean userNamespace, boolean writableRoot) {
        this.filters = filters;
        this.boundingSet = boundingSet;
        this.userNamespace = userNamespace;
        this.writableRoot = writableRoot;
    }

    /** How many seccomp filters each thread must have. */
    int filters() {
        return filters;
    }

    /** The capabilities that the bounding set may hold. */
    long boundingSet() {
        return boundingSet;
    }

    /** Whether it must have one of its own, as it must have one of every other kind. */
    boolean hasUserNamespace() {
        return userNamespace;
    }

    /** Whether its root directory may be mounted writable, and nothing else be mounted. */
    boolean hasWritableRoot() {
        return writableRoot;
    }
}
