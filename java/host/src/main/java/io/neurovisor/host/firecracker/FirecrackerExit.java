package io.neurovisor.host.firecracker;

import io.neurovisor.host.message.GuestText;
import io.neurovisor.host.spawner.VmmExit;

/** Describes how a Firecracker process ended. Its output may contain the guest's console. */
final class FirecrackerExit {
    /** The exit code of Firecracker after a system call that its filter denies (its FcExitCode::BadSyscall). */
    private static final int BAD_SYSTEM_CALL = 148;

    private FirecrackerExit() {}

    static String describe(VmmExit exit) {
        VmmExit shown =
                new VmmExit(exit.exitCode(), exit.signal(), GuestText.line(exit.outputTail()), exit.oomKilled());
        String how = "Firecracker " + shown.describe();
        return exit.exitCode() == BAD_SYSTEM_CALL
                ? how + " (it made a system call that its seccomp filter does not allow)"
                : how;
    }
}
