package io.neurovisor.host.firecracker;

import io.neurovisor.host.message.GuestText;
import io.neurovisor.host.spawner.VmmExit;

/** Says how a Firecracker ended. Its output may hold what a guest has written to its console. */
final class FirecrackerExit {
    /** How Firecracker ends when a thread makes a call that its filter does not allow (its FcExitCode::BadSyscall). */
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
