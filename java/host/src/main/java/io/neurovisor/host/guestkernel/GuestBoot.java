package io.neurovisor.host.guestkernel;

import io.neurovisor.engine.limits.SandboxSize;

/** The kernel command line and memory of a guest, whichever VMM starts it. */
public final class GuestBoot {
    /** The memory that the kernel takes, so that programs have the full memory of their size. */
    private static final int KERNEL_MEBIBYTES = 32;

    private GuestBoot() {}

    /**
     * Returns the kernel arguments beyond those that are needed to boot.
     *
     * <p>Grace periods are expedited, because a guest starts one program and waits for each of its mounts. A second
     * security module, auditing and mitigations against leaks between a guest's own processes and its kernel are
     * switched off: everything in a guest belongs to one program, and the host isolates guests from each other. The
     * last arguments remove interfaces of Debian's kernel that the small kernel does not have: calls of 32-bit
     * programs, the vsyscall page and debugfs.
     *
     * @param reboot the value of the kernel's argument {@code reboot}: how a guest signals the VMM that its machine
     *     ends
     */
    public static String kernelArguments(String reboot) {
        return "console=ttyS0 quiet loglevel=4 reboot=" + reboot + " panic=-1 tsc=reliable rcupdate.rcu_expedited=1"
                + " mitigations=off init_on_alloc=0 randomize_kstack_offset=off apparmor=0 audit=0"
                + " ia32_emulation=0 vsyscall=none debugfs=off";
    }

    /** Returns the memory of a machine for a size. */
    public static int memoryMebibytes(SandboxSize size) {
        return size.memoryMebibytes() + KERNEL_MEBIBYTES;
    }
}
