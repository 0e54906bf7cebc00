package io.neurovisor.server.config;

/** The choice of a VMM. */
public enum VmmChoice {
    /** Firecracker where it is installed and KVM boots a guest with it, else QEMU. */
    AUTO,
    FIRECRACKER,
    QEMU
}
