package io.neurovisor.host.firecracker;

import io.neurovisor.host.spawner.VmmLimits;

/** What a control group allows a Firecracker: its guest's size, and what Firecracker itself needs beside it. */
final class FirecrackerLimits {
    /**
     * Beside the guest's memory. Firecracker itself holds a few MiB; the rest is for page tables, for the kernel's part of
     * the virtual machine, and for the pages of files that are read meanwhile, which the kernel can drop.
     */
    private static final int FIRECRACKER_MEBIBYTES = 64;

    /** Half a processor for the thread that serves the devices. */
    private static final int FIRECRACKER_CPU_PER_MILLE = 500;

    private static final int PROCESSOR_PER_MILLE = 1000;

    /** Firecracker's main thread and that of its API, the kernel's own for KVM, and the process that waits for it. */
    private static final int FIRECRACKER_TASKS = 16;

    private FirecrackerLimits() {}

    static VmmLimits of(int vcpuCount, int mebibytes) {
        return new VmmLimits(
                (long) (mebibytes + FIRECRACKER_MEBIBYTES) << 20,
                vcpuCount * PROCESSOR_PER_MILLE + FIRECRACKER_CPU_PER_MILLE,
                vcpuCount + FIRECRACKER_TASKS);
    }
}
