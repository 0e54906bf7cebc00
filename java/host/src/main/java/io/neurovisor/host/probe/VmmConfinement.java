package io.neurovisor.host.probe;

import java.util.List;

/** The kinds of confinement of a VMM, as far as they can be read off its process. */
public enum VmmConfinement {
    /** QEMU in bubblewrap: our filter, loaded before its first instruction, QEMU's own filter, and a user namespace. */
    BUBBLEWRAP(2, 0, true, "no writable mounts") {
        @Override
        boolean allows(Mount mount) {
            return !mount.isWritable();
        }
    },

    /**
     * Firecracker in bubblewrap, for ordinary users: the spawner's filter, loaded before it starts, its own filter for
     * each thread, and a user namespace. Its root directory is writable, on the file system of its files, which are
     * mounted read-only in it.
     */
    BUBBLEWRAP_ROOT(2, 0, true, "no writable mounts but its root and two devices") {
        @Override
        boolean allows(Mount mount) {
            return !mount.isWritable()
                    || List.of("/", "/dev/kvm", "/dev/urandom").contains(mount.point());
        }
    },

    /**
     * Firecracker in its jailer's chroot: the spawner's filter, loaded before the jailer, and its own filter for each
     * thread. The bounding set may contain the capabilities that the jailer needs, without effect under no_new_privs:
     * chown, dac_override, fowner, setgid, setuid, sys_chroot, sys_admin, mknod. There is no user namespace, because a
     * jailer must be root to create devices. The root directory is on a file system that is mounted writable; the size
     * of its files is limited.
     */
    CHROOT(2, 0x82400cbL, false, "no mounts but its root") {
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
        this.mounts = mounts;
    }

    /** Returns the confinement of a Firecracker that is started by root or by an ordinary user. */
    public static VmmConfinement ofFirecracker(boolean root) {
        return root ? CHROOT : BUBBLEWRAP_ROOT;
    }

    /** Returns the number of seccomp filters that each thread must have. */
    int filters() {
        return filters;
    }

    /** Returns the capabilities that the bounding set may contain. */
    long boundingSet() {
        return boundingSet;
    }

    /** Returns whether it must have its own user namespace, as it must have one of every other kind. */
    boolean hasUserNamespace() {
        return userNamespace;
    }

    /** Returns whether this mount is allowed. */
    abstract boolean allows(Mount mount);

    /** Describes the mounts if all of them are allowed. */
    String mounts() {
        return mounts;
    }
}
