package io.neurovisor.host.firecracker;

import io.neurovisor.host.spawner.VmmLimits;

/** The limits of a Firecracker's control group: its guest's size and Firecracker's own needs. */
final class FirecrackerLimits {
    /**
     * Added to the guest's memory. Firecracker needs a few MiB; the rest is for page tables, the kernel's part of the
     * virtual machine, and pages of files, which the kernel can drop.
     */
    private static final int FIRECRACKER_MEBIBYTES = 64;

    /** Half a processor for the thread that serves the devices. */
    private static final int FIRECRACKER_CPU_PER_MILLE = 500;

    private static final int PROCESSOR_PER_MILLE = 1000;

    /** Firecracker's main and API threads, the kernel's threads for KVM, and the process that waits for it. */
    private static final int FIRECRACKER_TASKS = 16;

    private FirecrackerLimits() {}

    static VmmLimits of(int vcpuCount, int mebibytes) {
        return new VmmLimits(
                (long) (mebibytes + FIRECRACKER_MEBIBYTES) << 20,
                vcpuCount * PROCESSOR_PER_MILLE + FIRECRACKER_CPU_PER_MILLE,
                vcpuCount + FIRECRACKER_TASKS);
    }
}
