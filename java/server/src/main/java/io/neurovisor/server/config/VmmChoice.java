package io.neurovisor.server.config;

/** Which VMM a user wants. */
public enum VmmChoice {
    /** Firecracker where it is there and KVM boots a guest with it, else QEMU. */
    AUTO,
    FIRECRACKER,
    QEMU
}
