package io.neurovisor.engine.program;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The end of one program.
 *
 * @param exitCode the program's own, or 128 + signal
 * @param signal the signal that ended it, 0 for none
 * @param duration from its start to its end, measured in the guest where the guest can tell
 */
public record ProgramExit(
        Outcome outcome,
        int exitCode,
        int signal,
        Duration duration,
        boolean stdoutTruncated,
        boolean stderrTruncated) {
    private static final int SIGKILL = 9;

    public ProgramExit {
        requireNonNull(outcome, "outcome is null");
        requireNonNull(duration, "duration is null");
    }

    /** The end as the host sees it when the guest cannot tell: the program is gone because its machine is. */
    public static ProgramExit killed(Outcome outcome, Duration duration) {
        return new ProgramExit(outcome, 128 + SIGKILL, SIGKILL, duration, false, false);
    }
}
