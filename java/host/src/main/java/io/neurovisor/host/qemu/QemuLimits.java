package io.neurovisor.host.qemu;

import io.neurovisor.host.spawner.VmmLimits;

/** The limits of a QEMU's control group: its guest's size and QEMU's own needs. */
final class QemuLimits {
    /**
     * Added to the guest's memory and translated code. Measured in /proc/PID/smaps under TCG (QEMU 10.0.2) every 30 ms
     * while templates boot and warm their interpreters: at most 135, 137 and 138 MiB for small, medium and large. Of
     * these, 54 to 56 MiB are QEMU's own; the rest are mapped files, which the kernel can drop. The remainder is for
     * page tables, bubblewrap and the kernel.
     */
    private static final int QEMU_MEBIBYTES = 192;

    /** Half a processor for QEMU's main loop and the threads that read its disk. */
    private static final int QEMU_CPU_PER_MILLE = 500;

    private static final int PROCESSOR_PER_MILLE = 1000;

    /** QEMU reads its disk with at most 64 threads; the others are its main thread, helper threads and bubblewrap. */
    private static final int QEMU_TASKS = 64 + 32;

    private QemuLimits() {}

    /** @param mebibytes the guest's memory and translated code */
    static VmmLimits of(int vcpuCount, int mebibytes) {
        return new VmmLimits(
                (long) (mebibytes + QEMU_MEBIBYTES) << 20,
                vcpuCount * PROCESSOR_PER_MILLE + QEMU_CPU_PER_MILLE,
                vcpuCount + QEMU_TASKS);
    }
}
