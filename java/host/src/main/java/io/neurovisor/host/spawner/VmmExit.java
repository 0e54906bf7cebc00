package io.neurovisor.host.spawner;

import io.neurovisor.host.message.GuestText;

/**
 * The end of a VMM process.
 *
 * @param exitCode the exit code; 0 if a signal ended it
 * @param signal the signal; 0 if it exited by itself
 * @param outputTail the end of its output to stdout and stderr
 * @param oomKilled whether the kernel killed it because its control group had reached its memory limit
 */
public record VmmExit(int exitCode, int signal, String outputTail, boolean oomKilled) {
    private static final int SIGSYS = 31;

    /** Describes the end in one line, such as {@code exited with code 1: ...} or {@code was killed by signal 9}. */
    public String describe() {
        String how = signal == SIGSYS
                ? "was killed because it made a system call that its seccomp filter does not allow"
                : signal != 0 ? "was killed by signal " + signal : "exited with code " + exitCode;
        if (oomKilled) {
            how = "ran out of the memory of its control group (" + how + ")";
        }
        String words = GuestText.line(outputTail);
        return words.isEmpty() ? how : how + ": " + words;
    }
}
