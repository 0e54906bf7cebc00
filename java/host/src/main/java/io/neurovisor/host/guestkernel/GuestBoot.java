package io.neurovisor.host.guestkernel;

import io.neurovisor.engine.limits.SandboxSize;

/** What a guest's kernel is started with, whichever VMM starts it. */
public final class GuestBoot {
    /** What the kernel keeps for itself, so that programs see the memory their size promises. */
    private static final int KERNEL_MEBIBYTES = 32;

    private GuestBoot() {}

    /**
     * Beyond what boots: grace periods end at once, for a guest starts one program and waits for each of its mounts; no
     * second security module, no audit; and no mitigations against leaks between a guest's own processes and its kernel,
     * for all in it belongs to one program. What keeps guests apart is the host's.
     * Last, ways into Debian's kernel that the small one does not have: calls of 32-bit programs, time by a fixed page,
     * debugging files.
     *
     * @param reboot how a guest ends its machine, as the kernel's argument of that name has it: what the VMM is told by
     */
    public static String kernelArguments(String reboot) {
        return "console=ttyS0 quiet loglevel=4 reboot=" + reboot + " panic=-1 tsc=reliable rcupdate.rcu_expedited=1"
                + " mitigations=off init_on_alloc=0 randomize_kstack_offset=off apparmor=0 audit=0"
                + " ia32_emulation=0 vsyscall=none debugfs=off";
    }

    /** The memory of a machine of a size. */
    public static int memoryMebibytes(SandboxSize size) {
        return size.memoryMebibytes() + KERNEL_MEBIBYTES;
    }
}
