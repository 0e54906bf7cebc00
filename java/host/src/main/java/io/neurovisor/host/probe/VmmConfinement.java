package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What confines a VMM, as far as it can be read off its process. */
public enum VmmConfinement {
    /** QEMU in bubblewrap: our filter, loaded before its first instruction, and its own; a user namespace. */
    BUBBLEWRAP(2, 0, true, "nothing mounted writable") {
        @Override
        boolean allows(Mount mount) {
            return !mount.isWritable();
        }
    },

    /**
     * Firecracker in bubblewrap, for whoever is not root: the spawner's filter, loaded before it, and its own for each thread; a
     * user namespace. The root directory is its own and writable, on the file system of its files, which are mounted read-only
     * in it.
     */
    BUBBLEWRAP_ROOT(2, 0, true, "nothing mounted writable but its root and two devices") {
        @Override
        boolean allows(Mount mount) {
            return !mount.isWritable()
                    || List.of("/", "/dev/kvm", "/dev/urandom").contains(mount.point());
        }
    },

    /**
     * Firecracker in its jailer's chroot: the spawner's filter, loaded before the jailer, and its own for each thread. Its
     * bounding set may hold what the jailer has needed, which has no effect under no_new_privs: chown, dac_override, fowner,
     * setgid, setuid, sys_chroot, sys_admin, mknod. A jailer has to be root to make devices, so there is no user namespace. The
     * root directory is its own, on a file system that is mounted writable; how much it can write there is limited.
     */
    CHROOT(2, 0x82400cbL, false, "nothing mounted but its root") {
        @Override
        boolean allows(Mount mount) {
            return mount.point().equals("/");
        }
    };

    private final int filters;
    private final long boundingSet;
    private final boolean userNamespace;
    private final String mounts;

    VmmConfinement(int filters, long boundingSet, boolean userNamespace, String mounts) {
        this.filters = filters;
        this.boundingSet = boundingSet;
        this.userNamespace = userNamespace;
        this.mounts = requireNonNull(mounts, "mounts is null");
    }

    /** Of a Firecracker that is started by root, or by somebody else. */
    public static VmmConfinement ofFirecracker(boolean root) {
        return root ? CHROOT : BUBBLEWRAP_ROOT;
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

    /** Whether it may have this mounted as it is. */
    abstract boolean allows(Mount mount);

    /** What holds when all that is mounted is allowed. */
    String mounts() {
        return mounts;
    }
}
